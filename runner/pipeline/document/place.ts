import type { Range } from "../../core/diagnostic.js";
import type { JsonPath } from "../../core/json.js";

/** What a diagnostic points at inside a document. */
export interface Place {
  readonly path: JsonPath;
  /** The key of a mapping's entry, or its value (the default). */
  readonly part?: "key" | "value";
  /** One expression inside a text, or a piece of it. */
  readonly span?: Span;
  /** Characters of a text's value, counted from its start. */
  readonly within?: { readonly start: number; readonly end: number };
}

/** Characters `start` to `end` of the `index`-th `${{` of a text, counted from that `${{`. */
export interface Span {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** Places -> ranges in the text. A place that does not exist falls back to the nearest one around it. */
export type Locate = (place: Place) => Range;

export function valueAt(...path: JsonPath): Place {
  return { path };
}

export function keyAt(...path: JsonPath): Place {
  return { path, part: "key" };
}
