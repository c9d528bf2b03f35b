import { InternalError } from "../../core/diagnostic.js";
import type { AxisValue, Place as AxisPlace } from "../../core/labels.js";
import {
  isMapping,
  isSequence,
  plainOf,
  isSpelled,
  textOf,
  type Written,
  type WrittenScalar,
} from "../../core/spelled.js";
import type { Code } from "../mistakes/codes.js";
import type { PipelineDocument } from "../document/document.js";
import { jsonText } from "./config-text.js";
import { parseText, partAt, type Reference } from "./expression.js";
import type { Place, Span } from "../document/place.js";
import type { ProblemOptions, Problems } from "../document/problems.js";
import { MAX_BYTES } from "../document/file-text.js";
import { alternatives, code, show } from "../mistakes/wording.js";

/** A text's place, for what is wrong inside it. */
export interface Site {
  readonly problems: Problems;
  /** None: the text stands in the call itself (`--set`). */
  readonly document: PipelineDocument | undefined;
  readonly place: Place;
  /** What a message begins with where there is no file to point into. */
  readonly lead?: string;
}

/** A piece of a text: written there, known by now, or known once the instance (or its run) is. */
export type Part = { readonly literal: string } | ReadPart;
export type ReadPart = { readonly reference: Reference } & (
  | { readonly value: Written }
  | { readonly axis: string; readonly table?: Written }
  /** A param of a block whose value differs along the block's axes. */
  | { readonly axes: readonly string[]; readonly of: (place: AxisPlace) => Written | undefined }
  | { readonly variable: string }
  | { readonly input: string }
  | { readonly output: string }
);

/** What an expression stands for; undefined when that is a mistake, which has been reported. */
export type Read = (reference: Reference, site: Site) => ReadPart | undefined;

/** Splits a text and reads its expressions. Undefined: something was wrong, and has been reported. */
export function readText(text: string, site: Site, read: Read): readonly Part[] | undefined {
  const { pieces, faults } = parseText(text);
  for (const fault of faults) tell(site, "bad-expression", fault.message, fault, { hint: fault.hint });
  const parts = pieces.map(piece => (typeof piece === "string" ? { literal: piece } : read(piece, site)));
  return faults.length > 0 || parts.includes(undefined) ? undefined : (parts as Part[]);
}

/** The one expression that makes up the whole text, which keeps its type. */
export function wholeOf(parts: readonly Part[]): ReadPart | undefined {
  const only = parts[0];
  return parts.length === 1 && only !== undefined && !("literal" in only) ? only : undefined;
}

/** What parts stand for in one instance. */
export interface Bindings {
  readonly labels: AxisPlace;
  /** Declared environment variables; undefined: not set. */
  readonly env: ReadonlyMap<string, string | undefined>;
}

export const NO_BINDINGS: Bindings = { labels: {}, env: new Map() };

/** Parts -> the value they make: that of a whole-value expression, else text. Undefined after a mistake. */
export function bindText(parts: readonly Part[], bindings: Bindings, site: Site): Written | undefined {
  const whole = wholeOf(parts);
  if (whole !== undefined) return bindPart(whole, bindings, site);
  let out = "";
  for (const part of parts) {
    const text = bindAsText(part, bindings, site);
    if (text === undefined) return undefined;
    out += text;
    if (out.length > MAX_BYTES) {
      tell(site, "too-large", "the text unfolds to more than 16 MiB", undefined);
      return undefined;
    }
  }
  return out;
}

/**
 * Parts -> one text for a program: of lists and mappings, their JSON. Undefined after a mistake.
 */
export function bindWord(parts: readonly Part[], bindings: Bindings, site: Site): string | undefined {
  const texts = parts.map(part => bindPartAsWord(part, bindings, site));
  return texts.includes(undefined) ? undefined : texts.join("");
}

/** The same of one part. */
export function bindPartAsWord(part: Part, bindings: Bindings, site: Site): string | undefined {
  const value = "literal" in part ? part.literal : bindPart(part, bindings, site);
  if (isMapping(value) || isSequence(value)) return jsonText(value);
  return value === undefined ? undefined : bindAsText(part, bindings, site);
}

/** A part as text: scalars as they were written. Lists, mappings and nothing are not text. */
export function bindAsText(part: Part, bindings: Bindings, site: Site): string | undefined {
  if ("literal" in part) return part.literal;
  const value = bindPart(part, bindings, site);
  const text = value === undefined ? undefined : textOf(value);
  if (value === undefined || text !== undefined) return text;
  const what = `${code(part.reference.source)} is ${show(plainOf(value))} and cannot stand inside a text`;
  const hint = "make it the whole value, or read a scalar inside it";
  tell(site, "not-text", what, spanOf(part.reference), { hint });
  return undefined;
}

function bindPart(part: ReadPart, bindings: Bindings, site: Site): Written | undefined {
  if ("value" in part) return part.value;
  if ("axis" in part) return bindLabel(part, bindings.labels[part.axis], site);
  if ("axes" in part) {
    const value = part.of(bindings.labels);
    if (value !== undefined) return value;
    const what = `${code(part.reference.source)} differs between the instances of the block`;
    tell(site, "misplaced-expression", `${what}, and cannot be read here`, spanOf(part.reference));
    return undefined;
  }
  if ("variable" in part) {
    const value = bindings.env.get(part.variable);
    if (value !== undefined) return value;
    const hint = "set it, or give it a value in `env:`";
    tell(site, "unset-variable", `the variable ${code(part.variable)} is not set`, spanOf(part.reference), {
      hint,
    });
    return undefined;
  }
  // Only commands may read paths, and they keep them symbolic.
  throw new InternalError(`${part.reference.source} has no value`);
}

/** The instance's label, or what the table has under it. */
export function bindLabel(
  { table, reference }: ReadPart & { readonly table?: Written },
  label: AxisValue | undefined,
  site: Site,
): Written | undefined {
  if (table === undefined || label === undefined) return label;
  let value: Written = table;
  // A list has places; a mapping's keys are texts, as labels are when they name an instance.
  const first = isSequence(table) && isSpelled(label) ? label.value : label;
  const path = [isSequence(table) ? first : String(label), ...(reference.choice?.path ?? [])];
  for (const segment of path) {
    const next = childOf(value, segment);
    if (next === undefined) {
      const names = isMapping(value) ? Object.keys(value) : [];
      const what = `${code(reference.source)} finds nothing under ${code(String(segment))}`;
      const hint = site.problems.suggest(String(segment), names) ?? thereIs(names);
      tell(site, "unknown-name", what, spanOf(reference), { hint });
      return undefined;
    }
    value = next;
  }
  return value;
}

function thereIs(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `there is ${alternatives(names, "and")}`;
}

/** What a list or a mapping has under a name or position. */
export function childOf(value: Written, segment: WrittenScalar): Written | undefined {
  if (isSequence(value)) return typeof segment === "number" ? value[segment] : undefined;
  const named = typeof segment === "string" || typeof segment === "number";
  return isMapping(value) && named && Object.hasOwn(value, segment) ? value[segment] : undefined;
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
  const [start, end] = mark === undefined ? [0, reference.source.length] : partAt(reference, mark);
  return { index: reference.index, start, end };
}
