/**
 * The forms in which a program is likely to write a secret, as lists of regular expressions, one for each unit (a
 * character, a digit, a byte) with what may stand before it. Texts are bytes, one character each.
 */
export interface Form {
  readonly units: readonly string[];
  /** Characters that it takes at most. */
  readonly longest: number;
}

/** Characters that a secret must have at least: what is shorter stands everywhere by chance. */
export const SHORTEST_SECRET = 4;

/** The secret and each of its lines as they are; the secret as encodings of text write it, in base64, in hexadecimal and in binary digits. */
export function formsOf(value: string): Form[] {
  const lines = value.split(/\r?\n/).filter(line => line.trim().length >= SHORTEST_SECRET);
  const texts = [...new Set([value, ...lines])].filter(text => text.length >= SHORTEST_SECRET);
  const bytes = Buffer.from(value);
  return [
    ...texts.map(plainForm),
    ...texts.slice(0, 1).map(textForm),
    ...[0, 1, 2].flatMap(place => base64Form(bytes, place)),
    ...digitForms(bytes),
  ];
}

function plainForm(text: string): Form {
  const bytes = Buffer.from(text).toString("latin1");
  return { units: Array.from(bytes, escaped), longest: bytes.length };
}

/** As JSON, a URL, a form, a shell, HTML and languages write it, or any mixture of these. */
function textForm(text: string): Form {
  const units = Array.from(text, characterUnit);
  return { units, longest: 16 * units.length };
}

function characterUnit(character: string): string {
  const bytes = Buffer.from(character);
  const plain = bytes.toString("latin1");
  const code = character.codePointAt(0) ?? 0;
  const utf16 = Array.from({ length: character.length }, (_, i) => hex(character.charCodeAt(i), 4));
  // The longest first: an escape may begin with the character that it stands for.
  const ways = [
    ...(/[\w\s]/.test(character) || code > 127 ? [] : [`\\\\{1,3}${escaped(plain)}`]),
    ...(NAMED[character] ?? []),
    [...bytes].map(byte => `%${hex(byte, 2)}`).join(""),
    utf16.map(unit => `\\\\{1,3}u${unit}`).join(""),
    [...bytes].map(byte => `\\\\{1,3}x${hex(byte, 2)}`).join(""),
    ...(code > 126 || code < 32
      ? [`(?:'\\$')?${[...bytes].map(byte => `\\\\{1,3}${octal(byte)}`).join("")}(?:'')?`]
      : []),
    `&#${code};`,
    `&#[xX]0{0,2}${hex(code, 1)};`,
    escaped(plain),
  ];
  return `(?:${ways.join("|")})`;
}

const NAMED: Readonly<Record<string, readonly string[]>> = {
  " ": ["\\+"],
  "\n": ["\\\\{1,3}n", "\\r\\n"],
  "\r": ["\\\\{1,3}r"],
  "\t": ["\\\\{1,3}t"],
  "'": ["'\\\\''", `'"'"'`, "&apos;"],
  '"': ["&quot;"],
  "&": ["&amp;"],
  "<": ["&lt;"],
  ">": ["&gt;"],
};

/**
 * In base64, plain or for URLs, in lines of any length: the digits that these bytes alone decide, when so many bytes (of each
 * three) come before them, and the one after those that they decide in part.
 */
function base64Form(bytes: Buffer, before: number): Form[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const inner = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  if (inner.length < SHORTEST_BASE64) return [];
  const units = Array.from(inner, (digit, i) => (i === 0 ? "" : WRAP) + (DIGITS[digit] ?? digit));
  if (((before + bytes.length) * 8) % 6 !== 0) units.push(`(?:${WRAP}[\\w+/-]={0,2})?`);
  return [{ units, longest: 3 * (inner.length + 1) + 12 * breaks(inner.length) }];
}

/** So few characters would be found where there is no secret. */
const SHORTEST_BASE64 = 6;
const DIGITS: Readonly<Record<string, string>> = { "+": "(?:[+-]|%2[bB])", "/": "(?:[/_]|%2[fF])" };
/** A line end, also one that JSON or a URL writes, and the indent of the next line. */
const WRAP = "(?:\\r?\\n[ \\t]{0,8}|(?:\\\\r)?\\\\n|(?:%0[dD])?%0[aA])?";

/** In hexadecimal and binary digits, byte by byte, or in hexadecimal as the words that `od`, `hexdump` and `xxd -e` swap. */
function digitForms(bytes: Buffer): Form[] {
  const apart = (digits: (byte: number) => string): string[] =>
    [...bytes].map((byte, i) => (i === 0 ? PREFIX : BETWEEN) + digits(byte));
  const words = [2, 4, 8].flatMap(width =>
    Array.from({ length: width }, (_, before) => swapped(bytes, width, before)),
  );
  return [
    { units: [...apart(byte => hex(byte, 2)), GUTTER], longest: longest(6 * bytes.length, bytes.length / 8) },
    {
      units: apart(byte => byte.toString(2).padStart(8, "0")),
      longest: longest(10 * bytes.length, bytes.length / 6),
    },
    ...words.map(units => ({ units, longest: longest(3 * bytes.length + 16, bytes.length / 8) })),
  ];
}

/** Words of `width` bytes, each with its last byte first. So many other bytes stand `before` the first in its word. */
function swapped(bytes: Buffer, width: number, before: number): string[] {
  const units: string[] = [];
  for (let start = -before; start < bytes.length; start += width) {
    const word = Array.from({ length: width }, (_, i) => bytes[start + i])
      .reverse()
      .map(byte => (byte === undefined ? ANY : hex(byte, 2)))
      .join("");
    const unit = `${units.length === 0 ? "" : `(?: |${BREAK})`}${word}`;
    // What is left of a last word some programs fill up, and some write otherwise.
    units.push(start + width > bytes.length && units.length > 0 ? `(?:${unit})?` : unit);
  }
  return units;
}

const ANY = "[0-9a-fA-F]{2}";
const PREFIX = "(?:\\\\{1,3}x|0x)?";
/** The text beside the digits of a line. */
const SHOWN = "[|>]?[^\\r\\n]{1,66}";
/** The end of a line of a dump, and the beginning of the next. */
const BREAK = `,?(?: {1,3}${SHOWN})?\\r?\\n(?:[0-9a-fA-F]{4,16}:?[ \\t]{1,4}|[ \\t]{0,4})${PREFIX}`;
const BETWEEN = `(?:[ :,-]{0,2}${PREFIX}|${BREAK})`;
/** What else stands on the last line of a dump: bytes that follow, and the text beside them all. */
const GUTTER = `(?:(?:[0-9a-fA-F]{2})?(?: {1,2}(?:[0-9a-fA-F]{2}){1,2}){0,30} {2,48}${SHOWN})?`;

/** Characters that digits take at most, on so many lines and two that are not whole. */
function longest(digits: number, lines: number): number {
  return digits + 100 * (Math.ceil(lines) + 2) + 220;
}

/** Lines of so many units, at most: those of base64 have 16 or more, but for the first. */
function breaks(units: number): number {
  return Math.ceil(units / 8) + 2;
}

function octal(byte: number): string {
  return byte.toString(8).padStart(3, "0");
}

/** So many digits at least, in either case. */
function hex(number: number, digits: number): string {
  const text = number.toString(16).padStart(digits, "0");
  return text.replace(/[a-f]/g, letter => `[${letter}${letter.toUpperCase()}]`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
