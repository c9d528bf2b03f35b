import type { Json, JsonObject, JsonPath, JsonScalar } from "./json.js";

/**
 * A number, `true`, `false` or nothing whose spelling in the file is not the one that its value has: `1.10`, `001`, `1e-3`,
 * `0x1F`, `True`, `~`. Its value counts where a value is meant, its text where text is meant.
 */
export interface Spelled {
  readonly [SPELLED]: true;
  readonly value: number | boolean | null;
  readonly text: string;
  /** So that it reads as written wherever it is put into a text. */
  toString(): string;
}

const SPELLED = Symbol("spelled");

export function spelled(value: Spelled["value"], text: string): Spelled {
  return { [SPELLED]: true, value, text, toString: ownText };
}

function ownText(this: Spelled): string {
  return this.text;
}

export function isSpelled(value: unknown): value is Spelled {
  return typeof value === "object" && value !== null && SPELLED in value;
}

/** JSON as it was written: its scalars keep their spelling. */
export type Written = WrittenScalar | readonly Written[] | WrittenObject;
export type WrittenScalar = JsonScalar | Spelled;
export interface WrittenObject {
  readonly [key: string]: Written;
}

export function isMapping(value: Written | undefined): value is WrittenObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isSpelled(value);
}

export function isSequence(value: Written | undefined): value is readonly Written[] {
  return Array.isArray(value);
}

/** A scalar as it reads in a text; undefined for what cannot stand in one: lists, mappings, and nothing but `~`. */
export function textOf(value: Written): string | undefined {
  if (typeof value === "string") return value;
  if (isSpelled(value)) return value.value === null && value.text !== "~" ? undefined : value.text;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** A word that stands where only text is meant: `null` too is one there. Undefined for what has no characters. */
export function wordOf(value: Written): string | undefined {
  return isSpelled(value) ? value.text : textOf(value);
}

/** The values, without their spelling. What has none of its own is shared with what was given. */
export function plainOf(written: Written): Json {
  if (isSpelled(written)) return written.value;
  if (typeof written !== "object" || written === null) return written;
  const known = plain.get(written);
  if (known !== undefined) return known;
  const made = isSequence(written) ? plainList(written) : plainMapping(written);
  plain.set(written, made);
  return made;
}

export function plainMapping(written: WrittenObject): JsonObject {
  const entries = Object.entries(written).map(([name, item]) => [name, plainOf(item)] as const);
  const same = entries.every(([name, item]) => item === written[name]);
  return same ? (written as JsonObject) : Object.fromEntries(entries);
}

function plainList(written: readonly Written[]): readonly Json[] {
  const items = written.map(plainOf);
  return items.every((item, i) => item === written[i]) ? (written as readonly Json[]) : items;
}

/** Aliases share their parts, so that a small text can stand for an enormous value: each part is looked at once. */
const plain = new WeakMap<object, Json>();

/** The spellings in a value, by the way to each: what its JSON lacks. */
export function spellingsOf(written: Written): readonly (readonly [path: JsonPath, text: string])[] {
  const found: (readonly [JsonPath, string])[] = [];
  const visit = (value: Written, path: JsonPath): void => {
    if (isSpelled(value)) found.push([path, value.text]);
    else if (isSequence(value)) value.forEach((item, i) => visit(item, [...path, i]));
    else if (isMapping(value)) for (const [name, item] of Object.entries(value)) visit(item, [...path, name]);
  };
  visit(written, []);
  return found;
}

/** A value with its spellings put back. Undefined where a path leads to no scalar that could have one. */
export function respelled(
  value: JsonObject,
  spellings: readonly (readonly [path: JsonPath, text: string])[],
): WrittenObject | undefined {
  if (spellings.length === 0) return value;
  const copy = structuredClone(value) as Holder;
  for (const [path, text] of spellings) {
    let holder: Written | undefined = copy;
    for (const segment of path.slice(0, -1)) holder = (holder as Holder | undefined)?.[segment];
    const last = path.at(-1) ?? "";
    const scalar = (holder as Holder | undefined)?.[last];
    if (typeof scalar !== "number" && typeof scalar !== "boolean" && scalar !== null) return undefined;
    (holder as Holder)[last] = spelled(scalar, text);
  }
  return copy;
}

type Holder = Record<string | number, Written>;
