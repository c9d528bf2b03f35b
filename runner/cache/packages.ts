import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { byCodeUnit, isObject, type Json, type JsonObject } from "../core/json.js";

/**
 * The versions of an installed package and of all that it depends on, by name, found as Node finds them from the
 * importing file upwards: a package may stay while one below it is upgraded. What is not installed is `absent`.
 * Text instead: the file that a package stands for which is linked in from the user's own code, where a version
 * says nothing; it is to be read as code. `known`: what was found at the same moment before, by name and folder.
 * Does not: look at the content of packages.
 */
export function packageVersions(
  specifier: string,
  from: string,
  known: Map<string, ReadonlyMap<string, string>>,
): ReadonlyMap<string, string> | string {
  const name = packageName(specifier);
  const folder = packageFolder(name, from);
  if (folder === undefined) return new Map([[name, "absent"]]);
  if (!folder.includes(`${sep}node_modules${sep}`)) return createRequire(from).resolve(specifier);
  // Two names may be links to one folder.
  const place = `${name}\0${folder}`;
  const found = known.get(place) ?? versionsBelow(name, folder);
  known.set(place, found);
  return found;
}

function versionsBelow(name: string, folder: string): Map<string, string> {
  const versions = new Map<string, Set<string>>();
  const ahead = [{ name, folder }];
  const seen = new Set([folder]);
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const manifest = manifestOf(next.folder);
    const version = typeof manifest["version"] === "string" ? manifest["version"] : "";
    versions.set(next.name, (versions.get(next.name) ?? new Set()).add(version));
    for (const dependency of dependenciesOf(manifest)) {
      const below = packageFolder(dependency, join(next.folder, "package.json"));
      if (below === undefined || seen.has(below)) continue;
      seen.add(below);
      ahead.push({ name: dependency, folder: below });
    }
  }
  return new Map([...versions].map(([of, found]) => [of, [...found].sort(byCodeUnit).join(", ")]));
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Where a package really lies. */
export function packageFolder(name: string, from: string): string | undefined {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync.native(candidate);
    if (folder === dirname(folder)) return undefined;
  }
}

function manifestOf(folder: string): JsonObject {
  const value = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Json;
  return isObject(value) ? value : {};
}

function dependenciesOf(manifest: JsonObject): string[] {
  return ["dependencies", "optionalDependencies", "peerDependencies"].flatMap(field => {
    const listed = manifest[field];
    return isObject(listed) ? Object.keys(listed) : [];
  });
}
