import { isList, isObject, type Json, type JsonObject, type JsonPath } from "../core/json.js";
import type { PipelineDocument } from "./document.js";
import { hasExpression } from "./expression.js";
import { valueAt, type Place } from "./place.js";
import type { Problems } from "./problems.js";
import { code, show } from "./wording.js";

/** A value that is laid over the pipeline's params, and where it came from. */
export interface Override {
  /** As the user gave it: `--set sigma=0.5`, `--params p.yaml`. */
  readonly origin: string;
  readonly path: JsonPath;
  readonly value: Json;
  /** The params file; none for `--set`. */
  readonly document?: PipelineDocument;
}

/** Params after all overrides, expressions in them not yet read; and where each value came from. */
export interface LayeredParams {
  readonly raw: JsonObject;
  /** The last override that gave the value at `path`, or part of it. */
  overrideAt(path: JsonPath): Override | undefined;
}

/**
 * Lays overrides over the declared params, in order. Mappings are merged; anything else is replaced. A name that is
 * not declared is a mistake, and so is turning a scalar, a list or a mapping into another of these (where the
 * declared value is nothing, an empty mapping or an expression, anything may stand).
 */
export function layerParams(
  declared: JsonObject,
  overrides: readonly Override[],
  problems: Problems,
): LayeredParams {
  let raw: Json = declared;
  const applied: Override[] = [];
  for (const override of overrides) {
    const before = problems.count;
    const next = lay(raw, override, override.path, [], problems);
    if (problems.count === before) {
      raw = next;
      applied.unshift(override);
    }
  }
  const overrideAt = (path: JsonPath): Override | undefined =>
    applied.find(override => touches(override, path));
  return { raw: raw as JsonObject, overrideAt };
}

/** `base` with the override at `rest` below it. */
function lay(base: Json, override: Override, rest: JsonPath, above: JsonPath, problems: Problems): Json {
  const [segment, ...deeper] = rest;
  if (segment === undefined) return merge(base, override.value, override, above, problems);
  const path = [...above, segment];
  if (isList(base) && typeof segment === "number" && segment < base.length) {
    return base.map((item, i) => (i === segment ? lay(item, override, deeper, path, problems) : item));
  }
  if (isObject(base) && typeof segment === "string") {
    if (Object.hasOwn(base, segment)) {
      return { ...base, [segment]: lay(base[segment] ?? null, override, deeper, path, problems) };
    }
    if (open(base) && deeper.length === 0) return { ...base, [segment]: override.value };
  }
  unknown(base, override, path, problems);
  return base;
}

function merge(base: Json, over: Json, override: Override, path: JsonPath, problems: Problems): Json {
  if (isObject(base) && isObject(over)) {
    const out: Record<string, Json> = { ...base };
    for (const [key, value] of Object.entries(over)) {
      if (Object.hasOwn(base, key))
        out[key] = merge(base[key] ?? null, value, override, [...path, key], problems);
      else if (open(base) && path.length > 0) out[key] = value;
      else unknown(base, override, [...path, key], problems);
    }
    return out;
  }
  const [had, got] = [shape(base), shape(over)];
  if (had !== got && !open(base)) {
    const name = code(pathText(path));
    problems.addIn(
      override.document,
      "param-type",
      `${lead(override)}${name} is ${article(had)} (${show(base)}) and cannot become ${article(got)}`,
      placeOf(override, path),
    );
  }
  return over;
}

function unknown(base: Json, override: Override, path: JsonPath, problems: Problems): void {
  const word = String(path.at(-1));
  const names = isObject(base) ? Object.keys(base) : [];
  const hint = problems.suggest(word, names);
  const place = placeOf(override, path);
  const message = `${lead(override)}the pipeline has no param ${code(pathText(path))}`;
  problems.addIn(override.document, "unknown-param", message, { ...place, part: "key" }, { hint });
}

/** Anything may be put here. */
function open(base: Json): boolean {
  if (base === null || (typeof base === "string" && hasExpression(base))) return true;
  return isObject(base) && Object.keys(base).length === 0;
}

function shape(value: Json): "list" | "mapping" | "scalar" {
  return isList(value) ? "list" : isObject(value) ? "mapping" : "scalar";
}

function article(what: string): string {
  return `a ${what}`;
}

/** A params file has a position to show; a `--set` has its own words. */
function lead(override: Override): string {
  return override.document === undefined ? `${override.origin}: ` : "";
}

/** Where the value at `path` of the params stands in the override's own document. */
export function placeOf(override: Override, path: JsonPath): Place {
  return valueAt(...path.slice(override.path.length));
}

/** The override gave the value at `path`, a part of it, or something that it is a part of. */
function touches(override: Override, path: JsonPath): boolean {
  const shared = Math.min(override.path.length, path.length);
  for (let i = 0; i < shared; i++) if (override.path[i] !== path[i]) return false;
  let value: Json | undefined = override.value;
  for (const segment of path.slice(override.path.length)) {
    if (isObject(value) && typeof segment === "string" && Object.hasOwn(value, segment))
      value = value[segment];
    // Lists and scalars replace what they are laid over, whole.
    else return !isObject(value);
  }
  return true;
}

/** `a.b[0]["c d"]` */
export function pathText(path: JsonPath): string {
  return path
    .map((part, i) => {
      if (typeof part === "number") return `[${part}]`;
      if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) return i === 0 ? part : `.${part}`;
      return `[${JSON.stringify(part)}]`;
    })
    .join("");
}
