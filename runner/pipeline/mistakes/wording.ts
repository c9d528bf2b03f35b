import { nearest } from "../../core/nearest.js";
import { isList, isObject, type Json } from "../../core/json.js";

/** How values and names appear in messages: short, on one line, and harmless to a terminal. */
export function show(value: Json): string {
  if (typeof value === "string") return clip(JSON.stringify(value));
  if (isList(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isObject(value)) return Object.keys(value).length === 0 ? "an empty mapping" : "a mapping";
  return value === null ? "nothing" : String(value);
}

/** A name or a piece of source in backquotes. */
export function code(text: string): string {
  return `\`${plain(text)}\``;
}

/** The same without the quotes. */
export function plain(text: string): string {
  return clip(JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"'));
}

/** "`a`, `b` or `c`"; long lists are cut. */
export function alternatives(names: readonly string[], word = "or"): string {
  const shown = names.slice(0, 12).map(code);
  if (names.length > shown.length) return `${shown.join(", ")}, ...`;
  const last = shown.pop() ?? "nothing";
  return shown.length === 0 ? last : `${shown.join(", ")} ${word} ${last}`;
}

/** `a` or `an`. */
export function article(noun: string): string {
  return /^[aeiou]/i.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/**
 * "did you mean `x`?", or what there is to choose from. Long words and far lengths are passed over, because the
 * edit distance costs the product of the lengths.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  if (word.length > 100) return undefined;
  const near: string[] = [];
  for (const candidate of candidates) {
    if (candidate !== word && Math.abs(candidate.length - word.length) <= limit) near.push(candidate);
  }
  // Two letters in the wrong order are one slip, though two edits.
  const letters = sorted(word);
  const best = near.find(candidate => sorted(candidate) === letters) ?? nearest(word, near);
  return best === undefined ? undefined : `did you mean ${code(best)}?`;
}

function sorted(word: string): string {
  return Array.from(word.toLowerCase()).sort().join("");
}

function clip(text: string, most = 60): string {
  // C1 controls and line separators survive JSON.stringify; a terminal would obey some of them.
  const safe = text.replace(/[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "?");
  return safe.length <= most ? safe : `${safe.slice(0, most - 3)}...`;
}
