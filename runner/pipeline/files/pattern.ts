import { readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import type picomatch from "picomatch";
import { byCodeUnit } from "../../core/json.js";
import type { FileSource, Ignored } from "./file-source.js";

/**
 * A path with wildcards (`*`, `?`, `[a-z]`, `{a,b}`, `**`) -> the folder before the first of them, and the pattern below it.
 * Undefined for a path without any. As in a shell, `*` passes over names that begin with a dot.
 */
export function splitPattern(
  path: string,
): { readonly folder: string; readonly pattern: string } | undefined {
  const parts = path.split("/");
  const first = parts.findIndex(part => WILDCARD.test(part));
  if (first === -1) return undefined;
  return { folder: parts.slice(0, first).join("/"), pattern: parts.slice(first).join("/") };
}

const WILDCARD = /[*?]|\[[^\]]+\]|\{[^{}]*(?:,|\.\.)[^{}]*\}/;

/** The rule for what lies below the folder of a pattern: only files that match count, and of folders only the way there. */
export function onlyMatching({ pattern }: FileSource, ignored: Ignored): Ignored {
  if (pattern === undefined) return ignored;
  const matches = matcher(pattern);
  const parts = pattern.split("/");
  // What may stand for any number of folders is followed everywhere.
  const open = parts.findIndex(part => part.includes("**") || part.includes("{"));
  const known = (open === -1 ? parts : parts.slice(0, open)).map(part => matcher(part));
  const leads = (path: string): boolean => {
    const folders = path.split("/");
    if (open === -1 && folders.length >= parts.length) return false;
    return folders.every((name, i) => known[i]?.(name) ?? true);
  };
  const rule = (path: string, folder: boolean): boolean =>
    ignored(path, folder) || !(folder ? leads(path) : matches(path));
  return Object.assign(rule, { filesOnly: true as const });
}

/**
 * The files below a folder that count, relative and sorted; at most `most` and one. Links are followed, as in input
 * folders; a folder that cannot be read has none, which whoever reads it reports.
 */
export function filesBelow(folder: string, ignored: Ignored, most: number): readonly string[] {
  const found: string[] = [];
  const ahead: { path: string; prefix: string; within: readonly string[] }[] = [
    { path: folder, prefix: "", within: [] },
  ];
  for (let next = ahead.pop(); next !== undefined && found.length <= most; next = ahead.pop()) {
    const { path, prefix, within } = next;
    const real = realpathSync.native(path);
    if (within.includes(real)) continue;
    for (const name of namesIn(path)) {
      const stat = statSync(`${path}/${name}`, { throwIfNoEntry: false });
      if (stat === undefined || ignored(prefix + name, stat.isDirectory())) continue;
      if (stat.isDirectory())
        ahead.push({ path: `${path}/${name}`, prefix: `${prefix}${name}/`, within: [...within, real] });
      else if (stat.isFile()) found.push(prefix + name);
      if (found.length > most) break;
    }
  }
  return found.sort(byCodeUnit);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The library is loaded by the first pattern. */
function matcher(pattern: string): (path: string) => boolean {
  const compile = createRequire(import.meta.url)("picomatch") as typeof picomatch;
  return compile(pattern, { nonegate: true, noextglob: true });
}
