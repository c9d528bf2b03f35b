import { readFileSync, realpathSync, statSync } from "node:fs";
import process from "node:process";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isList, type Json } from "../../core/json.js";
import { provideSelf } from "../../core/self/self-import.js";
import { isTypeScript, TYPESCRIPT } from "../../core/typescript.js";
import { kindOf } from "./kind-of.js";
import type { Kind, Kinds } from "../schema/kinds.js";
import { checkSchema } from "../schema/options.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { code } from "../mistakes/wording.js";

/**
 * `plugins:` -> the built-in kinds and those of the pipeline's own modules. A plug-in lies inside the project
 * folder, so that the pipeline travels with it, and not in the store, where what was fetched lies. Loading one runs its top level; nothing else of it.
 */
export async function loadPlugins(
  plugins: Json | undefined,
  project: string,
  builtIn: Kinds,
  problems: Problems,
): Promise<Kinds> {
  const loaded = new Map<string, Kind>();
  for (const [i, path] of (isList(plugins) ? plugins : []).entries()) {
    if (typeof path !== "string" || path === "") continue;
    const place = valueAt("plugins", i);
    const absolute = resolve(project, path);
    const inside = relative(project, absolute);
    if (inside.startsWith(`..${sep}`) || inside === ".." || inside === "") {
      problems.add("outside-project", `the plugin ${code(path)} is not inside the project folder`, place);
      continue;
    }
    if (!isFile(absolute)) {
      const hint = `plugins are relative to the project folder, ${code(project)}`;
      problems.add("missing-plugin", `there is no file ${code(path)}`, place, { hint });
      continue;
    }
    const real = relative(realpathSync(project), realpathSync(absolute));
    if (real.startsWith(`..${sep}`) || isAbsolute(real)) {
      problems.add("outside-project", `the plugin ${code(path)} is a link out of the project folder`, place);
      continue;
    }
    if (real.startsWith(`artifacts${sep}`)) {
      const hint = "what was fetched or made is data; copy a module that you trust into the project";
      problems.add("bad-plugin", `${code(path)} lies in the store, whose files are never run`, place, {
        hint,
      });
      continue;
    }
    if (isTypeScript(path) && !TYPESCRIPT) {
      const hint = "take Node 22.18 or later, or compile it (`npx tsc`) and name the JavaScript";
      const message = `${code(path)} is TypeScript, which Node ${process.versions.node} does not run`;
      problems.add("bad-plugin", message, place, { hint });
      continue;
    }
    const kind = await load(absolute).catch(async (error: unknown) => {
      problems.add("bad-plugin", await faultOf(error, path, absolute, project), place);
      return undefined;
    });
    if (kind === undefined) continue;
    if (builtIn.names.includes(kind.kind) || loaded.has(kind.kind)) {
      const whose = loaded.has(kind.kind) ? "another plugin" : "vistas";
      problems.add("duplicate-kind", `${code(path)} declares ${code(kind.kind)}, as ${whose} does`, place);
      continue;
    }
    loaded.set(kind.kind, kind);
  }
  if (loaded.size === 0) return builtIn;
  return {
    names: [...builtIn.names, ...loaded.keys()],
    get: name => (loaded.has(name) ? Promise.resolve(loaded.get(name)) : builtIn.get(name)),
  };
}

/** False for a path that the system refuses to look at, such as one too long for it. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function load(path: string): Promise<Kind> {
  provideSelf();
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  const kind = kindOf(module.default, path, true);
  checkSchema(kind);
  return kind;
}

/** `./kind.js:3:6: Unexpected token`: where in the user's own code it went wrong, where that is known, and what. */
async function faultOf(error: unknown, written: string, path: string, project: string): Promise<string> {
  const text = error instanceof Error ? error.message : String(error);
  const [what = ""] = text.split("\n", 1);
  const place = error instanceof SyntaxError ? await syntaxPlace(path, written) : thrownPlace(error, project);
  return `${code(place ?? written)}: ${what}`;
}

/** Node keeps the place of a syntax error to itself. Undefined where it is in a module that the plug-in imports. */
async function syntaxPlace(path: string, written: string): Promise<string | undefined> {
  const { parse } = await import("acorn");
  try {
    parse(readFileSync(path, "utf8"), { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
    return undefined;
  } catch (error) {
    const { loc } = error as { loc?: { readonly line: number; readonly column: number } };
    return loc && `${written}:${loc.line}:${loc.column + 1}`;
  }
}

/** The topmost place in the stack that is in the project, and not in a package. */
function thrownPlace(error: unknown, project: string): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const [, where = "", line = "", column = ""] of stack.matchAll(
    /((?:file:\/\/)?\/[^\s():]+):(\d+):(\d+)/g,
  )) {
    const file = where.startsWith("file:") ? fileURLToPath(where) : where;
    const inside = relative(realpathSync(project), file);
    if (inside.startsWith("..") || inside.includes("node_modules")) continue;
    return `./${inside}:${line}:${column}`;
  }
  return undefined;
}
