import type { Json } from "../core/json.js";
import type { Code } from "./codes.js";
import type { PipelineDocument } from "./document.js";
import { parseText, type Reference } from "./expression.js";
import type { Place, Span } from "./place.js";
import type { ProblemOptions, Problems } from "./problems.js";
import { MAX_BYTES } from "./text.js";
import { code, show } from "./wording.js";

/** A text's place, for what is wrong inside it. */
export interface Site {
  readonly problems: Problems;
  /** None: the text stands in the call itself (`--set`). */
  readonly document: PipelineDocument | undefined;
  readonly place: Place;
  /** What a message begins with where there is no file to point into. */
  readonly lead?: string;
}

/** A piece of a text: written there, known by now, or known only once the instance (or its run) is. */
export type Part =
  | { readonly literal: string }
  | { readonly value: Json; readonly reference: Reference }
  | { readonly axis: string; readonly reference: Reference }
  | { readonly input: string; readonly reference: Reference }
  | { readonly output: string; readonly reference: Reference };

/** What an expression stands for; undefined when that is a mistake, which has been reported. */
export type Read = (reference: Reference, site: Site) => Part | undefined;

/** Splits a text and reads its expressions. Undefined: something was wrong, and has been reported. */
export function readText(text: string, site: Site, read: Read): readonly Part[] | undefined {
  const { pieces, faults } = parseText(text);
  for (const fault of faults) tell(site, "bad-expression", fault.message, fault, { hint: fault.hint });
  const parts = pieces.map(piece => (typeof piece === "string" ? { literal: piece } : read(piece, site)));
  return faults.length > 0 || parts.includes(undefined) ? undefined : (parts as Part[]);
}

/** The one expression that makes up the whole text, which keeps its type. */
export function wholeOf(parts: readonly Part[]): Exclude<Part, { literal: string }> | undefined {
  const [only] = parts;
  return parts.length === 1 && only !== undefined && !("literal" in only) ? only : undefined;
}

/** Parts that are all known -> the value. Undefined after a mistake. */
export function constantOf(parts: readonly Part[], site: Site): Json | undefined {
  const whole = wholeOf(parts);
  if (whole !== undefined && "value" in whole) return whole.value;
  let out = "";
  for (const part of parts) {
    const text = "literal" in part ? part.literal : textOf(part, site);
    if (text === undefined) return undefined;
    out += text;
    if (out.length > MAX_BYTES) {
      tell(site, "too-large", "the text unfolds to more than 16 MiB", undefined);
      return undefined;
    }
  }
  return out;
}

/** A known value as text: numbers in their shortest form. Lists, mappings and nothing are not text. */
export function textOf(part: Part, site: Site): string | undefined {
  if (!("value" in part)) return undefined;
  const { value, reference } = part;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const what = `${code(reference.source)} is ${show(value)} and cannot stand inside a text`;
  const hint = "make it the whole value, or read a scalar inside it";
  tell(site, "not-text", what, spanOf(reference), { hint });
  return undefined;
}

/** Reports a mistake at a text, or at a piece of it. */
export function tell(
  site: Site,
  problem: Code,
  message: string,
  span: Span | undefined,
  options: ProblemOptions = {},
): void {
  const place = span === undefined ? site.place : { ...site.place, span: { ...span } };
  site.problems.addIn(site.document, problem, `${site.lead ?? ""}${message}`, place, options);
}

/** The whole expression, or its part number `mark` (0 is the root). */
export function spanOf(reference: Reference, mark?: number): Span {
  const [start, end] = (mark === undefined ? undefined : reference.marks[mark]) ?? [0, reference.source.length];
  return { index: reference.index, start, end };
}
