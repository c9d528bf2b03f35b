import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { byCodeUnit, isList, isObject, type Json } from "../core/json.js";
import type { ModuleFacts } from "./module-facts.js";

/** What the digest needs from its surroundings: content digests, and a place to remember parsed modules. */
export interface CodeHost {
  fileDigest(path: string): Promise<string>;
  readonly memo: { get(hash: string): Json | undefined; put(hash: string, value: Json): void };
}

/** A kind whose code cannot be told in full, so that no key can be made for it. */
export class UnknowableCode extends Error {
  override readonly name = "UnknowableCode";
}

/**
 * The code of a kind: its module and all that it imports, each with a digest that comments, layout and quote
 * marks do not change. Names are relative to the module, so that it does not matter where it lies. A package is
 * told by its version, the interface of vistas by its own.
 */
export async function codeDigests(module: string, host: CodeHost): Promise<Record<string, string>> {
  const found = new Map<string, string>();
  const todo = [module];
  const seen = new Set(todo);
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    const name = relative(dirname(module), file).replaceAll("\\", "/");
    const facts = await factsOf(file, host);
    found.set(name, facts.digest);
    for (const wanted of facts.imports) {
      if (isBuiltin(wanted)) continue;
      if (!wanted.startsWith(".")) {
        found.set(`package ${packageName(wanted)}`, versionOf(wanted, file));
        continue;
      }
      const target = resolve(dirname(file), wanted);
      if (!existsSync(target)) throw new UnknowableCode(`${file} imports ${wanted}, which does not exist`);
      if (!seen.has(target)) {
        seen.add(target);
        todo.push(target);
      }
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => byCodeUnit(a, b)));
}

async function factsOf(file: string, host: CodeHost): Promise<ModuleFacts> {
  const content = await host.fileDigest(file);
  if (!/\.[cm]?js$/.test(file)) return { digest: content, imports: [] };
  const known = host.memo.get(content);
  if (isObject(known) && typeof known["digest"] === "string" && isList(known["imports"])) {
    return { digest: known["digest"], imports: known["imports"].map(String) };
  }
  const { readModule } = await import("./module-facts.js");
  const facts = readModule(readFileSync(file, "utf8"));
  if (typeof facts === "string") throw new UnknowableCode(`${file}: ${facts}`);
  host.memo.put(content, { digest: facts.digest, imports: facts.imports });
  return facts;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** The version of an installed package, looked up as Node does, from the importing file upwards. */
function versionOf(specifier: string, from: string): string {
  const name = packageName(specifier);
  if (name === "vistas") return STEP_API;
  if (name.startsWith("#"))
    throw new UnknowableCode(`${from} imports ${specifier}: subpath imports are not followed`);
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const file = join(folder, "node_modules", name, "package.json");
    if (existsSync(file)) {
      const manifest = JSON.parse(readFileSync(file, "utf8")) as { version?: string };
      return manifest.version ?? "";
    }
    if (folder === dirname(folder)) return "absent";
  }
}

/** Changes when the meaning of a step's context does. */
const STEP_API = "step-api 1";
