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

/** The secret and each of its lines as they are; the secret as encodings of text write it, in base64 and in hexadecimal. */
export function formsOf(value: string): Form[] {
  const lines = value.split(/\r?\n/).filter(line => line.trim().length >= SHORTEST_SECRET);
  const texts = [...new Set([value, ...lines])].filter(text => text.length >= SHORTEST_SECRET);
  const bytes = Buffer.from(value);
  return [
    ...texts.map(plainForm),
    ...texts.slice(0, 1).map(textForm),
    ...[0, 1, 2].flatMap(place => base64Form(bytes, place)),
    ...hexForms(bytes),
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

/** In hexadecimal, byte by byte or as the words of two bytes that `od -x` and `hexdump` swap. */
function hexForms(bytes: Buffer): Form[] {
  const longest = 6 * bytes.length + 56 * breaks(bytes.length) + 130;
  const plain = [...bytes].map((byte, i) => (i === 0 ? PREFIX : BETWEEN) + hex(byte, 2));
  const even: string[] = [];
  const odd: string[] = [];
  for (const [words, from] of [
    [even, 0],
    [odd, -1],
  ] as const) {
    for (let i: number = from; i < bytes.length; i += 2) {
      const [low, high] = [bytes[i], bytes[i + 1]].map(byte => (byte === undefined ? ANY : hex(byte, 2)));
      words.push(`${words.length === 0 ? "" : `(?: |${BREAK})`}${high ?? ANY}${low ?? ANY}`);
    }
  }
  return [
    { units: [...plain, GUTTER], longest },
    { units: even, longest },
    { units: odd, longest },
  ];
}

const ANY = "[0-9a-fA-F]{2}";
/** The end of a line of a dump, with the text that stands beside the digits, and the beginning of the next. */
const BREAK = "(?: {1,3}\\|?[^\\n]{0,17})?\\r?\\n(?:[0-9a-fA-F]{4,16}:?[ \\t]{1,4}|[ \\t]{0,4})";
const PREFIX = "(?:\\\\{1,3}x|0x)?";
const BETWEEN = `(?:[ :,-]{0,2}${PREFIX}|${BREAK})`;
/** What else stands on the last line of a dump: bytes that follow, and the text beside them all. */
const GUTTER = "(?:(?:[0-9a-fA-F]{2})?(?: {1,2}(?:[0-9a-fA-F]{2}){1,2}){0,16} {2,48}\\|?[^\\r\\n]{1,17})?";

/** Lines of so many units, at most: those of dumps have 16 or more, but for the first. */
function breaks(units: number): number {
  return Math.ceil(units / 8) + 2;
}

/** So many digits at least, in either case. */
function hex(number: number, digits: number): string {
  const text = number.toString(16).padStart(digits, "0");
  return text.replace(/[a-f]/g, letter => `[${letter}${letter.toUpperCase()}]`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
