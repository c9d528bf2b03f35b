import { existsSync, readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import process from "node:process";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UserFacingError } from "../core/diagnostic.js";
import { byCodeUnit, isList, isObject, type Json } from "../core/json.js";
import { doorsOf, ROOT } from "../core/self/self-import.js";
import { isTypeScript, TYPESCRIPT } from "../core/typescript.js";
import { sha256 } from "./hash.js";
import type { ModuleFacts } from "./module-facts.js";
import { packageFolder, packageVersions } from "./packages.js";

/** What the digest needs from its surroundings: content digests, and a place to remember parsed modules. */
export interface CodeHost {
  fileDigest(path: string): Promise<string>;
  readonly memo: { get(hash: string): Json | undefined; put(hash: string, value: Json): void };
}

/** A kind whose code cannot be told in full, so that no key can be made for it. */
export class UnknowableCode extends UserFacingError {
  override readonly name = "UnknowableCode";
}

/**
 * The code of a kind: its module and all that it imports, each with a digest that comments, layout and quote
 * marks do not change. Names are relative to the module, so that it does not matter where it lies. Packages are
 * told by their versions, the interface of vistas by its own, and its other doors file by file. Throws `UnknowableCode`.
 */
export async function codeDigests(module: string, host: CodeHost): Promise<Record<string, string>> {
  const found = new Map<string, string>();
  const packages: Packages = new Map();
  // A module's imports are looked for beside the file itself, not beside a link to it.
  const start = realpathSync.native(module);
  const ahead = [start];
  const seen = new Set(ahead);
  const own: string[] = [];
  for (let file = ahead.pop(); file !== undefined; file = ahead.pop()) {
    const facts = await factsOf(file, host);
    found.set(nameOf(file, start, own), facts.digest);
    for (const wanted of facts.imports) {
      const door = doorOf(wanted, file, own);
      const target = door ?? follow(wanted, file, found, packages);
      if (target === undefined || seen.has(target)) continue;
      seen.add(target);
      ahead.push(target);
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => byCodeUnit(a, b)));
}

type Packages = Map<string, ReadonlyMap<string, string>>;

/** The file that an import means, to be read as code; of a package the versions are noted in `found` instead. */
function follow(
  wanted: string,
  from: string,
  found: Map<string, string>,
  packages: Packages,
): string | undefined {
  // The text of a `data:` module is part of the module that names it.
  if (isBuiltin(wanted) || wanted.startsWith("data:")) return undefined;
  if (wanted === "vistas") {
    found.set("package vistas", STEP_API);
    return undefined;
  }
  if (/^[#/]|^[a-z][a-z0-9+.-]*:/i.test(wanted))
    throw new UnknowableCode(`${from} imports ${wanted}: only relative paths and packages are followed`);
  if (wanted.startsWith(".")) {
    const target = resolve(dirname(from), wanted);
    if (!existsSync(target)) throw new UnknowableCode(`${from} imports ${wanted}, which does not exist`);
    return realpathSync.native(target);
  }
  const versions = versionsOf(wanted, from, packages);
  if (typeof versions === "string") return versions;
  for (const [name, version] of versions)
    found.set(`package ${name}`, bothVersions(found.get(`package ${name}`), version));
  return undefined;
}

/**
 * The file behind a door of vistas, such as `vistas/nn`: what it computes with is the kind's code as well. It is that of
 * the vistas which the module finds, as when it is run. `own` gets the folder of it.
 */
function doorOf(wanted: string, from: string, own: string[]): string | undefined {
  if (!wanted.startsWith("vistas/")) return undefined;
  const installed = packageFolder("vistas", from);
  const folder = installed === undefined ? ROOT : `${pathToFileURL(installed).href}/`;
  const door = doorsOf(folder)[wanted];
  if (door === undefined)
    throw new UnknowableCode(
      `${from} imports ${wanted}, which the vistas in ${fileURLToPath(folder)} has not`,
    );
  own.push(realpathSync.native(fileURLToPath(folder)));
  return realpathSync.native(fileURLToPath(door));
}

/** As the key calls a file: by its way from the kind's module, or from the vistas that it finds, wherever both lie. */
function nameOf(file: string, start: string, own: readonly string[]): string {
  const vistas = own.find(folder => file.startsWith(`${folder}${sep}dist${sep}`));
  const name = vistas === undefined ? relative(dirname(start), file) : join("vistas", relative(vistas, file));
  return name.replaceAll("\\", "/");
}

/** Two modules may find a package in two places: both count, whichever was met first. */
function bothVersions(before: string | undefined, version: string): string {
  if (before === undefined || before === version) return version;
  return [...new Set([...before.split(", "), ...version.split(", ")])].sort(byCodeUnit).join(", ");
}

function versionsOf(wanted: string, from: string, packages: Packages): ReadonlyMap<string, string> | string {
  try {
    return packageVersions(wanted, from, packages);
  } catch (error) {
    throw new UnknowableCode(
      `${from} imports ${wanted}, which cannot be found: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function factsOf(file: string, host: CodeHost): Promise<ModuleFacts> {
  const content = await host.fileDigest(file);
  const kind = extname(file);
  const typed = isTypeScript(file);
  if (TYPED.test(kind) && !(typed && TYPESCRIPT))
    throw new UnknowableCode(`${file}: TypeScript is not read here; compile it, and name the JavaScript`);
  // What is no program brings in nothing else.
  if (!typed && !PROGRAM.test(kind)) return { digest: content, imports: [] };
  // The same text may be another program as TypeScript.
  const memo = typed ? sha256(`typescript ${content}`) : content;
  const known = host.memo.get(memo);
  if (isObject(known) && typeof known["digest"] === "string" && isList(known["imports"])) {
    return { digest: known["digest"], imports: known["imports"].map(String) };
  }
  const { readModule } = await import("./module-facts.js");
  const bytes = readFileSync(file);
  // What is remembered under a content must be of that content.
  if (sha256(bytes) !== content) throw new UnknowableCode(`${file} changed while it was being read`);
  const text = bytes.toString("utf8");
  const facts = readModule(typed ? await withoutTypes(text, file) : text);
  if (typeof facts === "string") throw new UnknowableCode(`${file}: ${facts}`);
  host.memo.put(memo, { digest: facts.digest, imports: facts.imports });
  return facts;
}

/** A file without an ending may be a program as well. */
const PROGRAM = /^(\.[cm]?js)?$/;
const TYPED = /^\.[cm]?tsx?$|^\.jsx$/;

/** Types as white space: a program is the same with other types. */
async function withoutTypes(text: string, file: string): Promise<string> {
  const { stripTypeScriptTypes } = (await import("node:module")) as unknown as {
    stripTypeScriptTypes: (text: string) => string;
  };
  // Node warns that the function may change; the syntax tree that comes of it does not.
  const warn = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    throw new UnknowableCode(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    process.emitWarning = warn;
  }
}

/** Changes when the meaning of a step's context does. */
const STEP_API = "step-api 1";
