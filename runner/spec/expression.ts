/** `${{ root.path }}` inside a text: a name and the way down from it. Nothing is ever evaluated as code. */
export interface Reference {
  /** The first name: `params`, `matrix`, `inputs`, `outputs`, `env`. */
  readonly root: string;
  /** What follows: names and list positions. */
  readonly path: readonly (string | number)[];
  /** The expression as written, braces included. */
  readonly source: string;
  /** Which `${{` of the text it begins with, counting escaped ones too. */
  readonly index: number;
  /** Where the root and each part of the path stand in `source`. */
  readonly marks: readonly (readonly [start: number, end: number])[];
}

/** Something between `${{` and `}}` that is not a path. */
export interface Fault {
  readonly message: string;
  readonly hint: string;
  readonly index: number;
  /** In characters from the `${{`. */
  readonly start: number;
  readonly end: number;
}

export interface ParsedText {
  /** Literal text and references, in order; no two texts side by side, none empty. */
  readonly pieces: readonly (string | Reference)[];
  readonly faults: readonly Fault[];
}

export function hasExpression(text: string): boolean {
  return text.includes("${{");
}

/**
 * Splits a text at its expressions. A path is dotted names (`params.sigma`) and brackets (`params.sizes[0]`,
 * `params["a b"]`). `$${{` stands for a literal `${{`.
 */
export function parseText(text: string): ParsedText {
  const pieces: (string | Reference)[] = [];
  const faults: Fault[] = [];
  let literal = "";
  let from = 0;
  for (let index = 0; ; index++) {
    const open = text.indexOf("${{", from);
    if (open === -1) break;
    if (open > from && text[open - 1] === "$") {
      literal += text.slice(from, open - 1) + "${{";
      from = open + 3;
      continue;
    }
    literal += text.slice(from, open);
    const read = readExpression(text, open, index);
    if ("message" in read.found) faults.push(read.found);
    else {
      if (literal !== "") pieces.push(literal);
      literal = "";
      pieces.push(read.found);
    }
    from = read.end;
  }
  literal += text.slice(from);
  if (literal !== "") pieces.push(literal);
  return { pieces, faults };
}

const PATH_ONLY =
  "an expression is a path such as `params.name`, `matrix.axis` or `params.list[0]`; nothing is computed";

const SPACE = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y;
const PART = /\.([A-Za-z_][A-Za-z0-9_-]*)|\[[ \t]*(?:(0|[1-9][0-9]{0,8})|"([^"\\]*)"|'([^'\\]*)')[ \t]*\]/y;

function readExpression(
  text: string,
  open: number,
  index: number,
): { found: Reference | Fault; end: number } {
  let at = skip(SPACE, text, open + 3);
  const marks: [number, number][] = [];
  const path: (string | number)[] = [];
  const root = match(NAME, text, at)?.[0];
  if (root !== undefined) {
    marks.push([at - open, at - open + root.length]);
    at += root.length;
    for (let part = match(PART, text, at); part !== null; part = match(PART, text, at)) {
      const [whole, name, position, double, single] = part;
      path.push(position === undefined ? (name ?? double ?? single ?? "") : Number(position));
      marks.push([at - open, at - open + whole.length]);
      at += whole.length;
    }
    const end = skip(SPACE, text, at);
    if (text.startsWith("}}", end)) {
      const source = text.slice(open, end + 2);
      return { found: { root, path, source, index, marks }, end: end + 2 };
    }
    at = end;
  }
  return fault(text, open, index, at);
}

function fault(text: string, open: number, index: number, at: number): { found: Fault; end: number } {
  const close = text.indexOf("}}", open);
  if (close === -1) {
    const found = {
      message: "`${{` without its `}}`",
      hint: "close it, or write `$${{` for the characters themselves",
    };
    return { found: { ...found, index, start: 0, end: 3 }, end: text.length };
  }
  const empty = text.slice(open + 3, close).trim() === "";
  const message = empty ? "an empty expression" : "not a path";
  // Points at the first character that does not belong, or at the whole of an empty one.
  const start = empty ? 0 : Math.min(at, close - 1) - open;
  return {
    found: { message, hint: PATH_ONLY, index, start, end: close + (empty ? 2 : 0) - open },
    end: close + 2,
  };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (match(pattern, text, at)?.[0].length ?? 0);
}
