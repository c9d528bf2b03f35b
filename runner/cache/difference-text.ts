import type { Difference } from "./difference.js";

/** `parameter with.sigma: 0.3 -> 0.5 (params.sigma)` */
export function differenceText(difference: Difference): string {
  const { what, name, before, after, detail, param, in: place } = difference;
  const by = param === undefined ? (place === undefined ? "" : ` in ${place}`) : ` (${param})`;
  if (detail !== undefined) return `${what} ${escaped(name)} ${detail}${by}`;
  // `python 3.11.7 -> 3.12.1`, `numpy 1.26.4 -> 2.1.0 in ./.venv`
  if (what === "program" || what === "package") return `${escaped(name)} ${changeText(before, after)}${by}`;
  return `${what} ${escaped(name)}: ${changeText(before, after)}${by}`;
}

/** The same for a line that has little room: where a param is the cause, that alone. */
export function briefText(difference: Difference): string {
  const { before, after, param, change } = difference;
  if (param === undefined) return differenceText(difference);
  const [old, now] = change ?? [before, after];
  return `${param} ${changeText(old, now)}`;
}

/**
 * `old -> new`, on one line, each of at most some 60 characters. The two never read the same: where they would, the types
 * of the values, or the characters behind what one sees, are written out. Of long texts the part is shown where they begin
 * to differ. Null: there is none.
 */
export function changeText(before: string | null, after: string | null): string {
  if (before === null || after === null) {
    const [given] = window(escaped(before ?? after ?? ""), "");
    return before === null ? `(none) -> ${given}` : `${given} -> (none)`;
  }
  let pair: readonly [string, string] = [before, after];
  for (const render of [escaped, quoted, ascii, codePoints]) {
    pair = window(render(before), render(after));
    if (look(pair[0]) !== look(pair[1])) break;
  }
  const [old, now] = pair;
  const typed = bare(before) === bare(after) && typeOf(before) !== typeOf(after);
  return typed ? `${old} (${typeOf(before)}) -> ${now} (${typeOf(after)})` : `${old} -> ${now}`;
}

const WIDTH = 60;
/** Characters that both have which are shown before the first that differs. */
const LEAD = 20;

/** Of two long texts the parts where they differ. */
function window(before: string, after: string): readonly [string, string] {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same++;
  const from = Math.max(before.length, after.length) <= WIDTH ? 0 : Math.max(0, same - LEAD);
  return [cut(before, from), cut(after, from)];
}

function cut(text: string, from: number): string {
  const shown = text.slice(from, from + WIDTH);
  return `${from > 0 ? "..." : ""}${shown}${from + WIDTH < text.length ? "..." : ""}`;
}

/** Line ends and control characters would break the line, or be obeyed by the terminal. */
export function escaped(text: string): string {
  return text.replace(CONTROL, control => {
    const json = JSON.stringify(control).slice(1, -1);
    // JSON leaves DEL and the controls from U+0080 on as they are.
    return json === control ? `\\u00${control.charCodeAt(0).toString(16)}` : json;
  });
}

const CONTROL = /\p{Cc}/gu;

/** Shows blanks at the ends, and an empty text. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Characters that look alike are told apart by their numbers. */
function ascii(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/gu, numbered);
}

/** Runs of blanks too. */
function codePoints(text: string): string {
  return JSON.stringify(text).replace(/[^!-~]/gu, numbered);
}

function numbered(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** As a person sees it. */
function look(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\p{Cc}\p{Cf}\p{Mn}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** A JSON value without the quotes of a text. */
function bare(json: string): string {
  const value = parsed(json);
  return typeof value === "string" ? value : json;
}

function typeOf(json: string): string {
  const value = parsed(json);
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "list";
  return (
    { string: "text", number: "number", boolean: "true or false", object: "mapping" }[
      typeof value as string
    ] ?? ""
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
