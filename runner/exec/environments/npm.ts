import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import process from "node:process";
import { canonicalJson } from "../../cache/canonical.js";
import { frame, sha256 } from "../../cache/hash.js";
import { isObject, type Json, type JsonObject } from "../../core/json.js";
import type { Environment } from "../../pipeline/graph/graph.js";
import { Items } from "../programs/folders.js";
import type { Around } from "./around.js";
import { mirrored, textOf } from "./local-sources.js";
import { NoEnvironment, programOn, runBuilder, withoutPython, type Recipe } from "./recipe.js";

type Npm = Extract<Environment, { type: "npm" }>;

/** A `package-lock.json`: each package that is installed by version and integrity, linked ones by content, and Node. */
export async function npmRecipe({ name, lock, dev }: Npm, around: Around): Promise<Recipe> {
  const { host } = around;
  const PATH = host.env["PATH"];
  const [npm, node] = [programOn(PATH, "npm"), programOn(PATH, "node")];
  if (npm === undefined || node === undefined)
    throw new NoEnvironment(
      "missing-tool",
      `${name} is installed by \`npm\`, and ${npm === undefined ? "npm" : "node"} is not on the PATH`,
      "get both: https://nodejs.org, or your system's package `npm`",
    );
  const folder = dirname(lock);
  const parsed = jsonOf(lock, name);
  const manifest = jsonOf(join(folder, "package.json"), name);
  const { packages } = parsed;
  if (!isObject(packages))
    throw new NoEnvironment(
      "bad-environment",
      `${name} is of an old format`,
      "run `npm install` with npm 7 or later",
    );
  const installed = Object.entries(packages).flatMap(([place, one]): [string, JsonObject][] =>
    place !== "" && isObject(one) && (dev || one["dev"] !== true) ? [[place, one]] : [],
  );
  const local = installed.flatMap(([place]) => (place.includes("node_modules/") ? [] : [place]));
  const outside = local.find(place => posix.normalize(place).startsWith(".."));
  if (outside !== undefined)
    throw new NoEnvironment(
      "bad-environment",
      `${name} takes a package from outside its folder, ${outside}`,
      "move it below the folder of the lock, or publish it",
    );
  const isIgnored = (path: string, isFolder: boolean): boolean =>
    basename(path) === "node_modules" || around.ignored(path, isFolder);
  const items = new Items();
  for (const [place, one] of installed) {
    const content = local.includes(place)
      ? (await host.store.digester.content(join(folder, place), isIgnored)).digest
      : "";
    const digest = sha256(frame("locked", [canonicalJson(whatIsInstalled(one)), content])).slice(0, 16);
    const called = place.replace(/^node_modules\//, "").replaceAll("/node_modules/", ">");
    const version = typeof one["version"] === "string" ? one["version"] : "";
    items.add(called, `${version}+content:${digest}`);
  }
  // Credentials decide nothing, and belong into no key.
  const settings = textOf(join(folder, ".npmrc"))
    .split("\n")
    .filter(line => !/_auth|token|password|username|email/i.test(line));
  const { digest, version } = await around.interpreter("node", node);
  return {
    prints: [
      {
        name: "npm",
        digest: sha256(
          canonicalJson({ settings, platform: PLATFORM, overrides: manifest["overrides"] ?? null }),
        ),
        packages: items.text(),
        in: name,
      },
      { name: "node", digest, ...(version !== undefined && { version }), in: name },
    ],
    isOwn: ownPrograms(installed),
    build: async (target, signal) => {
      mkdirSync(target, { recursive: true });
      // Scripts of the project itself belong to its folder, which is not here.
      const entries = Object.entries(manifest).filter(([field]) => field !== "scripts");
      writeFileSync(join(target, "package.json"), JSON.stringify(Object.fromEntries(entries)));
      const rc = textOf(join(folder, ".npmrc"));
      if (rc !== "") writeFileSync(join(target, ".npmrc"), rc, { mode: 0o600 });
      mirrored([lock, ...local.map(place => join(folder, place))], folder, target, isIgnored);
      await runBuilder(
        `${name} cannot be built by \`npm ci\``,
        [
          npm,
          "ci",
          "--no-audit",
          "--no-fund",
          "--loglevel=error",
          ...(dev ? ["--include=dev"] : ["--omit=dev"]),
        ],
        { cwd: target, env: withoutPython(host.env), signal },
      );
    },
  };
}

const PLATFORM = `${process.platform}-${process.arch}`;

/** What `node_modules/.bin` holds. */
function ownPrograms(installed: readonly [string, JsonObject][]): (program: string) => boolean {
  const names = new Set<string>();
  for (const [place, { bin }] of installed) {
    if (/node_modules\/.*node_modules\//.test(place)) continue;
    if (isObject(bin)) for (const program of Object.keys(bin)) names.add(program);
    else if (typeof bin === "string") names.add(basename(place));
  }
  return program => names.has(program);
}

function whatIsInstalled(one: JsonObject): Json {
  const fields = ["version", "resolved", "integrity", "link", "os", "cpu", "optional", "bin"];
  return Object.fromEntries(fields.flatMap(field => (one[field] === undefined ? [] : [[field, one[field]]])));
}

function jsonOf(file: string, name: string): JsonObject {
  try {
    const value = JSON.parse(textOf(file)) as Json;
    if (isObject(value)) return value;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new NoEnvironment("bad-environment", `${file} (for ${name}) is no JSON`, message);
  }
  throw new NoEnvironment("bad-environment", `${file} (for ${name}) holds no mapping`, "make it anew");
}
