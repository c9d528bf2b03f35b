import type { Draws } from "../../../runner/core/numbers/philox.js";

/** The text with one to seven changes, most often one: of characters, lines, words, whole blocks, or pieces of another text. */
export function mutated(text: string, other: string, draws: Draws): string {
  let out = text;
  for (let left = 1 + draws.below(2) * draws.below(7); left > 0; left--)
    out = pick(CHANGES, draws)(out, other, draws);
  return out.length > MOST ? out.slice(0, MOST) : out;
}

/** The same of bytes, so that what is no UTF-8 is met too. */
export function mutatedBytes(text: string, draws: Draws): Uint8Array {
  const bytes = Buffer.from(text);
  for (let left = 1 + draws.below(6); left > 0 && bytes.length > 0; left--)
    bytes[draws.below(bytes.length)] = draws.below(256);
  return draws.below(8) === 0 ? Buffer.concat([pick(MARKS, draws), bytes]) : bytes;
}

export function pick<T>(from: readonly T[], draws: Draws): T {
  const found = from[draws.below(from.length)];
  if (found === undefined) throw new RangeError("nothing to choose from");
  return found;
}

/** Characters: enough for every rule to be met, few enough for every text to be judged in its time. */
const MOST = 60_000;

const MARKS = [[0xff, 0xfe], [0xfe, 0xff], [0xef, 0xbb, 0xbf], [0x1f, 0x8b], []].map(bytes =>
  Buffer.from(bytes),
);

type Change = (text: string, other: string, draws: Draws) => string;

/** Words that mean something somewhere, and characters that end or open things. */
export const WORDS: readonly string[] = [
  ...["steps", "run", "uses", "with", "inputs", "outputs", "matrix", "over", "env", "secrets", "params"],
  ...["expect", "plugins", "resources", "timeout", "retries", "deterministic", "metric", "claim", "that"],
  ...[
    "compare",
    "sample-views",
    "count",
    "seed",
    "x-a",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
  ],
  ...[
    ":",
    ": ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    '"',
    "|",
    ">",
    "&a ",
    "*a",
    "!t ",
    "#",
    "%",
    "<<",
    "~",
  ],
  ...[
    "---\n",
    "...\n",
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "\t",
    "\r\n",
    "\r",
    "\u0085",
    "\u2028",
    "\ufeff",
    "\0",
    "\x07",
  ],
  ...[
    "${{",
    "}}",
    "$${{",
    "${{ params.count }}",
    "${{ matrix.seed }}",
    "${{ inputs.model }}",
    "${{ outputs.o }}",
  ],
  ...[
    "${{ params['a b'][0] }}",
    "${{ env.LANG }}",
    "${{ secrets.T }}",
    "$(id)",
    "`id`",
    "<<E\n",
    "$((",
    "\\",
  ],
  ...["null", "true", "0", "-0", "1e400", "-1", "9007199254740993", "0x1F", "1.5", ".nan", "[]", "{}", "''"],
  ...["./x", "./", "../..", "/etc/passwd", "./data.txt", "~/.ssh", "C:\\x", "a/../../b", "e\u0301", "é", "𝄞"],
  ...[
    "1h30m",
    "4GB",
    "1e9h",
    "3 se",
    "1 %",
    "mean(",
    "==",
    "and",
    "not",
    "<=",
    "table.rows",
    "table[seed=0].rows",
  ],
];

const CHANGES: readonly Change[] = [
  (text, _, draws) => replaced(text, draws, draws.below(8), pick(WORDS, draws)),
  (text, _, draws) => replaced(text, draws, 0, pick(WORDS, draws)),
  (text, _, draws) => replaced(text, draws, 1 + draws.below(40), ""),
  (text, _, draws) => replaced(text, draws, 1, String.fromCodePoint(draws.below(0x800))),
  (text, _, draws) => replaced(text, draws, 0, String.fromCharCode(draws.below(0x10000))),
  // Words of the text in each other's places.
  (text, _, draws) => {
    const words = [...text.matchAll(/[\w./-]+/g)];
    if (words.length === 0) return text;
    const [from, to] = [pick(words, draws), pick(words, draws)];
    return text.slice(0, to.index) + from[0] + text.slice(to.index + to[0].length);
  },
  (text, _, draws) => byLine(text, lines => lines.toSpliced(draws.below(lines.length), 1)),
  (text, _, draws) =>
    byLine(text, lines => lines.toSpliced(draws.below(lines.length), 0, pick(lines, draws))),
  (text, _, draws) =>
    byLine(text, lines => {
      const at = draws.below(lines.length);
      return lines.with(at, " ".repeat(draws.below(7)) + (lines[at] ?? "").trimStart());
    }),
  (text, other, draws) => {
    const lines = other.split("\n");
    const from = draws.below(lines.length);
    return byLine(text, own =>
      own.toSpliced(draws.below(own.length), 0, ...lines.slice(from, from + 1 + draws.below(12))),
    );
  },
  (text, _, draws) => text.slice(0, draws.below(text.length + 1)),
  // Rarely, much of one thing: depth, length, number.
  (text, _, draws) =>
    draws.below(10) > 0
      ? text
      : replaced(
          text,
          draws,
          0,
          pick(
            ["[", "{a: ", "- ", "a", "${{ params.a }}", "\n  k: *a", "(", "- - ", "not ", "-"],
            draws,
          ).repeat(draws.below(2000)),
        ),
  (text, _, draws) => text.replaceAll("\n", pick(["\r\n", "\r", "\n\n", "\n"], draws)),
];

function replaced(text: string, draws: Draws, length: number, put: string): string {
  const at = draws.below(text.length + 1);
  return text.slice(0, at) + put + text.slice(at + length);
}

function byLine(text: string, change: (lines: string[]) => string[]): string {
  return change(text.split("\n")).join("\n");
}
