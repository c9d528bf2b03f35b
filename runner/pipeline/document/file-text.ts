import { UsageError, type Diagnostic, type Position, type Range } from "../../core/diagnostic.js";
import type { Code } from "../mistakes/codes.js";

/** Largest pipeline or params file, in bytes; also the most that aliases and expressions may unfold to. */
export const MAX_BYTES = 16 * 2 ** 20;

/**
 * Bytes of a file -> text, without a byte order mark. Throws a `UsageError` for anything that is not UTF-8, for
 * characters that YAML forbids (NUL, escape sequences) and for files over 16 MiB.
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_BYTES)
    refuse("too-large", `the file has ${bytes.length} bytes; at most 16 MiB are read`, BEGINNING);
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    refuse("not-utf8", "the file is UTF-16", BEGINNING, "save it as UTF-8");
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    const loose = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const at = Math.max(0, firstDamage(loose, bytes));
    const range = rangeAt(new LineIndex(loose), at, at + 1);
    throw failure("not-utf8", "the file is not UTF-8 from here on", range, "save it as UTF-8");
  }
  return checkText(text, file);

  function refuse(code: Code, message: string, range?: Range, hint?: string): never {
    throw failure(code, message, range, hint);
  }
  function failure(code: Code, message: string, range?: Range, hint?: string): UsageError {
    return usageError({ code, message, file, ...(range && { range }), ...(hint !== undefined && { hint }) });
  }
}

/** Of a mistake that is about the whole of a file. */
const BEGINNING: Range = {
  start: { line: 1, column: 1, offset: 0 },
  end: { line: 1, column: 1, offset: 0 },
};

/** Control characters except tab, line feed, carriage return and next line; halves of surrogate pairs. */
const FORBIDDEN = /[^\P{Cc}\t\n\r\u0085]|\p{Surrogate}/u;

/** The checks of `decodeText` that apply to text which never was bytes. */
export function checkText(given: string, file: string): string {
  const text = given.startsWith("\ufeff") ? given.slice(1) : given;
  if (text.length > MAX_BYTES) {
    throw usageError({ code: "too-large", message: "the text is over 16 MiB", file, range: BEGINNING });
  }
  const found = FORBIDDEN.exec(text);
  if (found === null) return text;
  const hex = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw usageError(
    {
      code: "control-character",
      message: `the character U+${hex} may not stand in YAML`,
      file,
      range: rangeAt(new LineIndex(text), found.index, found.index + 1),
      hint: 'write it as an escape inside double quotes, such as "\\e"',
    },
    text,
  );
}

/** Offsets -> lines and columns. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1, offset };
  }
}

export function rangeAt(lines: LineIndex, start: number, end: number): Range {
  return { start: lines.position(start), end: lines.position(Math.max(start, end)) };
}

/** An error of one diagnostic; every exit of the language room goes through here or `Problems`. */
export function usageError(d: Omit<Diagnostic, "severity"> & { code: Code }, text?: string): UsageError {
  const texts = new Map(text === undefined ? [] : [[d.file, text]]);
  return new UsageError([{ severity: "error", ...d }], texts);
}

/** Where the replacement characters of a loose decoding begin that the bytes themselves do not hold. */
function firstDamage(loose: string, bytes: Uint8Array): number {
  const encoder = new TextEncoder();
  let offset = 0;
  let at = 0;
  for (const character of loose) {
    const encoded = encoder.encode(character);
    for (const [i, byte] of encoded.entries()) if (bytes[offset + i] !== byte) return at;
    offset += encoded.length;
    at += character.length;
  }
  return at;
}
