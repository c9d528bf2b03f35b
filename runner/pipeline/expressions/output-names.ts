import { isObject, type JsonObject } from "../../core/json.js";
import { hasExpression } from "./expression.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { code } from "../mistakes/wording.js";

/**
 * `outputs:` of a command -> file or folder names, without a trailing slash. Refuses what leads out of the step's folder
 * and names that would meet on some disk: the same, one inside another, or differing in case alone.
 */
export function readOutputs(outputs: JsonObject, step: string, problems: Problems): Record<string, string> {
  const names = Object.keys(outputs);
  const out: Record<string, string> = {};
  const taken = new TakenPaths();
  for (const name of names) {
    const given = outputs[name];
    const value = isObject(given) ? given["path"] : given;
    if (typeof value !== "string" || value === "") continue;
    const place = valueAt("steps", step, "outputs", name, ...(isObject(given) ? ["path"] : []));
    if (names.length === 1 && PLAIN.test(value) && !RESERVED.test(value)) return { [name]: value };
    const path = value.replace(/\/+$/, "");
    // The output exists whatever is wrong with its name: others may refer to it.
    out[name] = path;
    const fault = outputNameFault(value) ?? taken.take(path, `the output ${code(name)}`);
    if (fault !== undefined) problems.add("bad-output", `${code(value)} ${fault}`, place);
  }
  return out;
}

/** Most outputs: nothing can be wrong with one such name alone. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/;

/** Why a file or folder name cannot be an output's, in words that follow the name. */
export function outputNameFault(written: string): string | undefined {
  const path = written.replace(/\/+$/, "");
  if (hasExpression(path)) return "holds an expression; what a step writes has a fixed name";
  if (path.startsWith("/") || path === "") return "must be relative: the step gets a folder of its own";
  const parts = path.split("/");
  if (parts.includes("..")) return "must stay inside the step's folder: no `..`";
  if (parts.some(part => part === "" || part === "."))
    return "must be a plain path such as `table.csv` or `out/table.csv`";
  if (parts.some(part => Buffer.byteLength(part) > 200)) return "has a part of more than 200 bytes";
  if (Buffer.byteLength(path) > 1000) return "has more than 1,000 bytes";
  if (parts.some(part => RESERVED.test(part)))
    return "has a part that some systems take for a device, or whose last character they drop";
  return /\p{Cc}|\\/u.test(path) ? "holds a control character or a backslash" : undefined;
}

/** Names that Windows keeps for itself, with any ending; it ignores dots and spaces at a name's end. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[. ]$/i;

/** Relative paths of one folder, each with what it belongs to in words. */
export class TakenPaths {
  readonly #paths = new Map<string, string>();
  /** The same by every folder above a path. */
  readonly #folders = new Map<string, string>();

  /** Why `path` cannot lie beside those taken before, in words that follow it; undefined: it can, and is taken now. */
  take(path: string, owner: string): string | undefined {
    // Some disks ignore case and unify Unicode forms.
    const folded = foldedName(path);
    const same = this.#paths.get(folded);
    if (same !== undefined) return `is the name of ${same} too`;
    const above = foldersOf(folded);
    const nested = this.#folders.get(folded) ?? above.map(folder => this.#paths.get(folder)).find(Boolean);
    if (nested !== undefined) return `and ${nested} lie inside each other`;
    this.#paths.set(folded, owner);
    for (const folder of above) this.#folders.set(folder, owner);
    return undefined;
  }
}

/** Two names that fold to the same one are one name on disks that ignore case or unify Unicode forms. */
function foldedName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function foldersOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}
