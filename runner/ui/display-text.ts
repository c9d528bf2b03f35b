import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";

/** Colour functions that do nothing when colours are off. */
export type Colors = ReturnType<typeof pc.createColors>;

export function colors(enabled: boolean): Colors {
  return pc.createColors(enabled);
}

/**
 * Text of others (ids, logs, notes, errors), safe to show on one line of a terminal: escape sequences are
 * dropped, so no step can move the cursor or set the title; line ends and tabs become spaces.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\n\r]+/g, " ")
    .replace(CONTROL, "");
}

/**
 * As `printable`, line by line; trailing blank lines are dropped. What a carriage return would have written over is a line
 * of its own, so that nothing hides behind it; of a progress bar that drew itself again and again the last one is kept.
 */
export function printableLines(text: string): string[] {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .flatMap(line => {
      const parts = line.split("\r").map(part => printable(part.replace(/\t/g, "    ")));
      const drawn = parts.length === 1 ? parts : parts.filter(part => part !== "");
      return drawn.filter((part, i) => {
        const next = drawn[i + 1];
        return next === undefined || shapeOf(part) !== shapeOf(next);
      });
    });
}

/** What stays the same of a progress bar from one drawing to the next: its letters. */
function shapeOf(line: string): string {
  return line.replace(/[^\p{L}]/gu, "");
}

/** Columns that a text takes on a terminal, colours not counted. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** At most `width` columns, with `…` at the end where something is missing. Colours are kept whole. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return "";
  let out = "";
  let used = 1;
  for (const [piece, color] of text.matchAll(PIECE)) {
    if (color === undefined) used += displayWidth(piece);
    if (used > width) break;
    out += piece;
  }
  return `${out.trimEnd()}…${out.includes(ESCAPE) ? RESET : ""}`;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

const ESCAPE = String.fromCharCode(27);
const RESET = `${ESCAPE}[0m`;
// A colour, or one character.
const PIECE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)|.`, "gsu");
// Control characters, and the marks that reorder text: a name must not be able to disguise what follows it.
const CONTROL = /[\p{Cc}\p{Bidi_Control}]/gu;
const ZERO = /^(?:\p{M}|\u200b|\u200c|\u200d|[\ufe00-\ufe0f])$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Extended_Pictographic}]$/u;
