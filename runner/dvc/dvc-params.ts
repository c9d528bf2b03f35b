import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { isMapping, plainOf, type Written, type WrittenObject } from "../core/spelled.js";
import { loadDocument, type PipelineDocument } from "../pipeline/document/document.js";
import { decodeText, MAX_BYTES } from "../pipeline/document/file-text.js";
import { valueAt } from "../pipeline/document/place.js";
import type { Problems } from "../pipeline/document/problems.js";
import { readUserFile } from "../pipeline/document/user-text.js";
import { isName } from "../pipeline/schema/names.js";
import { code } from "../pipeline/mistakes/wording.js";
import type { Binding } from "./interpolation.js";

/**
 * The values that dvc.yaml reads, as params of a vistas pipeline: those of `params.yaml` and `vars` under their own names,
 * those of any other params file below the file's name.
 */
export class Params {
  /** Top-level name -> value. */
  readonly values = new Map<string, Written>();
  readonly #files = new Map<string, Promise<Binding | undefined>>();

  private constructor(readonly folder: string) {}

  /** `folder`: that of dvc.yaml. `vars`: its own, as written. */
  static async read(folder: string, vars: readonly Written[], problems: Problems): Promise<Params> {
    const params = new Params(folder);
    const main = existsSync(join(folder, DEFAULT_FILE)) ? [await readFile(folder, DEFAULT_FILE)] : [];
    for (const { written } of main) params.#merge(written);
    for (const [i, entry] of vars.entries()) {
      if (isMapping(entry)) params.#merge(entry);
      else if (typeof entry === "string" && DATA.test(entry))
        params.#merge((await readFile(folder, entry)).written);
      else
        problems.add(
          "not-carried",
          `${code(JSON.stringify(plainOf(entry)))} is no file of values that can be read here`,
          valueAt("vars", i),
          {
            severity: "warning",
          },
        );
    }
    return params;
  }

  get scope(): Map<string, Binding> {
    return new Map([...this.values].map(([name, value]) => [name, { value, ref: refOf(name) }]));
  }

  /** Keeps a value of dvc.yaml as a param, under a name like this one. */
  add(wanted: string, value: Written): Binding {
    let name = isName(wanted) ? wanted : "values";
    while (this.values.has(name)) name += "_";
    this.values.set(name, value);
    return { value, ref: refOf(name) };
  }

  /** What a params file holds; undefined for one that holds code, or is not there. */
  ofFile(path: string): Promise<Binding | undefined> {
    if (path === DEFAULT_FILE) {
      const value: WrittenObject = Object.fromEntries(this.values);
      return Promise.resolve({ value, ref: "params", entries: Object.fromEntries(this.scope) });
    }
    const known = this.#files.get(path) ?? this.#load(path);
    this.#files.set(path, known);
    return known;
  }

  async #load(path: string): Promise<Binding | undefined> {
    if (!DATA.test(path) || !existsSync(join(this.folder, path))) return undefined;
    const { written } = await readFile(this.folder, path);
    return this.add(
      posix
        .basename(path)
        .replace(/\.[^.]*$/, "")
        .replace(/[^A-Za-z0-9_]/g, "_"),
      written,
    );
  }

  #merge(values: WrittenObject): void {
    for (const [name, value] of Object.entries(values))
      this.values.set(name, merged(this.values.get(name), value));
  }
}

export const DEFAULT_FILE = "params.yaml";
const DATA = /\.(ya?ml|json)$/;

function refOf(name: string): string | undefined {
  return isName(name) ? `params.${name}` : undefined;
}

function merged(before: Written | undefined, value: Written): Written {
  if (!isMapping(before) || !isMapping(value)) return value;
  const out: Record<string, Written> = { ...before };
  for (const [key, entry] of Object.entries(value)) out[key] = merged(before[key], entry);
  return out;
}

async function readFile(folder: string, path: string): Promise<PipelineDocument> {
  const text = decodeText(readUserFile(path, folder, MAX_BYTES), path);
  return loadDocument(text, path);
}
