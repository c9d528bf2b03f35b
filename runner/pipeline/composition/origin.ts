import type { JsonPath } from "../../core/json.js";
import { isMapping, type Written } from "../../core/spelled.js";
import type { DocumentPlace, PipelineDocument } from "../document/document.js";
import type { Place } from "../document/place.js";

/** Where a value was written, and those of its entries that were written elsewhere. */
export interface Origin {
  readonly document: PipelineDocument;
  readonly path: JsonPath;
  readonly entries?: ReadonlyMap<string, Origin>;
}

/** A value, and where it was written. */
export interface Located {
  readonly value: Written;
  readonly origin: Origin;
}

/** `over` laid over `base`: mappings are merged deeply; anything else replaces. */
export function merge(base: Located, over: Located): Located {
  if (!isMapping(base.value) || !isMapping(over.value)) return over;
  const value: Record<string, Written> = { ...base.value };
  const entries = new Map<string, Origin>(
    Object.keys(base.value).map(key => [key, entryOf(base.origin, key)]),
  );
  for (const [key, item] of Object.entries(over.value)) {
    const given = { value: item, origin: entryOf(over.origin, key) };
    const under = Object.hasOwn(base.value, key) ? base.value[key] : undefined;
    const merged =
      under === undefined ? given : merge({ value: under, origin: entryOf(base.origin, key) }, given);
    value[key] = merged.value;
    entries.set(key, merged.origin);
  }
  return { value, origin: { ...over.origin, entries } };
}

/** Of one entry of a mapping. */
export function entryOf(origin: Origin, key: string): Origin {
  return origin.entries?.get(key) ?? { document: origin.document, path: [...origin.path, key] };
}

/** Where the rest of a place, below a value, was written. */
export function traceBelow(origin: Origin, rest: JsonPath, place: Place): DocumentPlace {
  let at = origin;
  for (const [i, segment] of rest.entries()) {
    const next = typeof segment === "string" ? at.entries?.get(segment) : undefined;
    if (next === undefined)
      return { document: at.document, place: { ...place, path: [...at.path, ...rest.slice(i)] } };
    at = next;
  }
  return { document: at.document, place: { ...place, path: at.path } };
}
