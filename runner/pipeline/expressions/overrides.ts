import type { JsonPath } from "../../core/json.js";
import {
  isMapping,
  isSequence,
  plainOf,
  isSpelled,
  textOf,
  type Written,
  type WrittenObject,
} from "../../core/spelled.js";
import type { PipelineDocument } from "../document/document.js";
import { hasExpression, parseText, type Reference } from "./expression.js";
import { MAX_DEPTH } from "../document/measure.js";
import { valueAt, type Place } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { childOf } from "./template.js";
import { code, show } from "../mistakes/wording.js";

/** A value that is laid over the pipeline's params, and where it came from. */
export interface Override {
  /** As the user gave it: `--set sigma=0.5`, `--params p.yaml`. */
  readonly origin: string;
  readonly path: JsonPath;
  /** Of `--set`, what the text means depends on what is declared there. */
  readonly value: Written | ((declared: Written) => Written);
  /** The params file; none for `--set`. */
  readonly document?: PipelineDocument;
  /** Where the value stands in it; absent: it is the whole of it. */
  readonly at?: JsonPath;
  /** The two sides of a `--set`, to write it better. */
  readonly set?: { readonly name: string; readonly given: string };
}

/** Params after all overrides, expressions in them not yet read; and where each value came from. */
export interface LayeredParams {
  readonly raw: WrittenObject;
  /** The last override that gave the value at `path`, or part of it. */
  overrideAt(path: JsonPath): Override | undefined;
}

/**
 * Lays overrides over the declared params, in order. Mappings are merged; anything else is replaced. A name that is not
 * declared is a mistake, and so is a value of another type than the declared one: a text stays a text, as it is spelled
 * (`001`), a number a number. Where the declared value is nothing, an empty mapping or an expression, anything may stand.
 */
export function layerParams(
  declared: WrittenObject,
  overrides: readonly Override[],
  problems: Problems,
): LayeredParams {
  let raw: Written = declared;
  const applied: Layer[] = [];
  for (const override of overrides) {
    const before = problems.count;
    const { value } = override;
    const layer = {
      ...override,
      value: typeof value === "function" ? value(typeAt(raw, override.path)) : value,
    };
    const next = lay(raw, layer, layer.path, [], problems);
    if (problems.count === before) {
      raw = next;
      applied.unshift(layer);
    }
  }
  const overrideAt = (path: JsonPath): Override | undefined => applied.find(layer => touches(layer, path));
  return { raw: raw as WrittenObject, overrideAt };
}

/** An override whose value is known. */
type Layer = Override & { readonly value: Written };

/** Anything may be put here. */
export function isOpen(declared: Written): boolean {
  if (declared === null || (isSpelled(declared) && declared.value === null)) return true;
  if (typeof declared === "string") return wholeReference(declared) !== undefined;
  return isMapping(declared) && Object.keys(declared).length === 0;
}

/** What is declared at a path; behind an expression that is the whole value, what that reads. */
function typeAt(params: Written, path: JsonPath, hops = 0): Written {
  let at: Written | undefined = params;
  for (const segment of path) at = at === undefined ? undefined : childOf(at, segment);
  const reference = typeof at === "string" ? wholeReference(at) : undefined;
  if (reference?.root !== "params" || reference.choice !== undefined || hops > MAX_DEPTH) return at ?? null;
  return typeAt(params, reference.path, hops + 1);
}

function wholeReference(text: string): Reference | undefined {
  if (!hasExpression(text)) return undefined;
  const { pieces } = parseText(text);
  const [only] = pieces;
  return pieces.length === 1 && typeof only === "object" ? only : undefined;
}

/** `base` with the override at `rest` below it. */
function lay(base: Written, override: Layer, rest: JsonPath, above: JsonPath, problems: Problems): Written {
  const [segment, ...deeper] = rest;
  if (segment === undefined) return merge(base, override.value, override, above, problems);
  const path = [...above, segment];
  if (isSequence(base) && typeof segment === "number" && segment < base.length) {
    return base.map((item, i) => (i === segment ? lay(item, override, deeper, path, problems) : item));
  }
  if (isMapping(base) && typeof segment === "string") {
    if (Object.hasOwn(base, segment)) {
      return { ...base, [segment]: lay(base[segment] ?? null, override, deeper, path, problems) };
    }
    if (isOpen(base) && deeper.length === 0) return { ...base, [segment]: override.value };
  }
  unknown(base, override, path, problems);
  return base;
}

function merge(base: Written, over: Written, override: Layer, path: JsonPath, problems: Problems): Written {
  if (isMapping(base) && isMapping(over)) {
    const out: Record<string, Written> = { ...base };
    for (const [key, value] of Object.entries(over)) {
      if (Object.hasOwn(base, key))
        out[key] = merge(base[key] ?? null, value, override, [...path, key], problems);
      else if (isOpen(base) && path.length > 0) out[key] = value;
      else unknown(base, override, [...path, key], problems);
    }
    return out;
  }
  if (isOpen(base) || (typeof over === "string" && isOpen(over))) return over;
  // Nothing may stand in the place of any scalar.
  if (plainOf(over) === null && !isSequence(base) && !isMapping(base)) return over;
  if (isSequence(base) && isSequence(over)) {
    // A list of one type of scalar keeps it.
    const types = new Set(base.map(typeName));
    const [first = null] = base;
    if (types.size !== 1 || isSequence(first) || isMapping(first)) return over;
    return over.map((item, i) =>
      plainOf(item) === null && plainOf(first) !== null
        ? mistyped(first, item, override, [...path, i], problems)
        : merge(first, item, override, [...path, i], problems),
    );
  }
  const [had, got] = [typeName(base), typeName(over)];
  if (had === got) return over;
  const text = textOf(over);
  if (had === "a text" && text !== undefined) return text;
  return mistyped(base, over, override, path, problems);
}

function mistyped(
  base: Written,
  over: Written,
  override: Layer,
  path: JsonPath,
  problems: Problems,
): Written {
  const [had, got] = [typeName(base), typeName(over)];
  const name = code(pathText(path));
  const message = `${lead(override)}${name} is ${had} (${show(plainOf(base))}) and cannot become ${got}`;
  problems.addIn(override.document, "param-type", message, placeOf(override, path), {
    hint: setHint(override, base),
    related: [
      { message: `${name} is declared here`, document: problems.document, place: valueAt("params", ...path) },
    ],
  });
  return over;
}

function unknown(base: Written, override: Layer, path: JsonPath, problems: Problems): void {
  const word = String(path.at(-1));
  const names = isMapping(base) ? Object.keys(base) : [];
  const hint = problems.suggest(word, names);
  const place = placeOf(override, path);
  const message = `${lead(override)}the pipeline has no param ${code(pathText(path))}`;
  problems.addIn(override.document, "unknown-param", message, { ...place, part: "key" }, { hint });
}

function typeName(value: Written): string {
  if (isSequence(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  const plain = plainOf(value);
  if (typeof plain === "boolean") return "true or false";
  return typeof plain === "number" ? "a number" : plain === null ? "nothing" : "a text";
}

/** `--set lrs=0.1,0.2` for a list. */
function setHint({ set }: Layer, base: Written): string | undefined {
  if (set === undefined || !isSequence(base) || /^\s*[[{]/.test(set.given)) return undefined;
  const quoted = `[${set.given}]`.replaceAll("'", "'\\''");
  return `write \`--set ${set.name}='${quoted}'\``;
}

/** A params file has a position to show; a `--set` has its own words. */
function lead(override: Override): string {
  return override.document === undefined ? `${override.origin}: ` : "";
}

/** Where the value at `path` of the params stands in the override's own document. */
export function placeOf(override: Override, path: JsonPath): Place {
  return valueAt(...(override.at ?? []), ...path.slice(override.path.length));
}

/** The override gave the value at `path`, a part of it, or something that it is a part of. */
function touches(override: Layer, path: JsonPath): boolean {
  const shared = Math.min(override.path.length, path.length);
  for (let i = 0; i < shared; i++) if (override.path[i] !== path[i]) return false;
  let value: Written | undefined = override.value;
  for (const segment of path.slice(override.path.length)) {
    if (isMapping(value) && typeof segment === "string" && Object.hasOwn(value, segment))
      value = value[segment];
    // Lists and scalars replace what they are laid over, whole.
    else return !isMapping(value);
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
