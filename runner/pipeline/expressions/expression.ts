/** `${{ root.path }}` inside a text: a name and the way down from it. Nothing is ever evaluated as code. */
export interface Reference {
  /** The first name: `params`, `matrix`, `inputs`, `outputs`, `env`. */
  readonly root: string;
  /** What follows: names and list positions. */
  readonly path: readonly (string | number)[];
  /** `[matrix.axis]` after the path: which entry is meant differs from instance to instance. */
  readonly choice?: Choice;
  /** The expression as written, braces included. */
  readonly source: string;
  /** Which `${{` of the text it begins with, counting escaped ones too. */
  readonly index: number;
}

/** An entry chosen by an axis's value, and the way down from there. */
export interface Choice {
  readonly axis: string;
  readonly path: readonly (string | number)[];
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
 * `params["a b"]`), one bracket of which may hold an axis (`params.sizes[matrix.seed]`). `$${{` stands for a literal
 * `${{`.
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

/** `a.b[0]` -> the way down to a param, as in expressions; undefined for what is no such name. */
export function paramPath(name: string): readonly (string | number)[] | undefined {
  const { pieces } = parseText(`\${{ params.${name} }}`);
  const [only] = pieces;
  return pieces.length === 1 && typeof only === "object" && only.choice === undefined ? only.path : undefined;
}

const PATH_ONLY =
  "an expression is a path such as `params.name`, `matrix.axis` or `params.list[0]`; nothing is computed";

const NAME = "[A-Za-z_][A-Za-z0-9_-]*";
const INDEX = `\\[[ \\t]*(?:0|[1-9][0-9]{0,8}|"[^"\\\\]*"|'[^'\\\\]*')[ \\t]*\\]`;
const STEPS = `(?:\\.${NAME}|${INDEX})*`;
const CHOICE = `\\[[ \\t]*matrix\\.(${NAME})[ \\t]*\\]`;
/** A whole expression: its root, the rest of its path; then perhaps an axis, and the path after it. */
const EXPRESSION = new RegExp(
  `\\$\\{\\{[ \\t\\r\\n]*(${NAME})(${STEPS})(?:${CHOICE}(${STEPS}))?[ \\t\\r\\n]*\\}\\}`,
  "y",
);
/** As far as a path goes, to show where it goes wrong. */
const BEGINNING = new RegExp(
  `\\$\\{\\{[ \\t\\r\\n]*(?:${NAME}${STEPS}(?:${CHOICE}${STEPS})?[ \\t\\r\\n]*)?`,
  "y",
);
const PART = new RegExp(
  `\\.(${NAME})|\\[[ \\t]*(?:([0-9]+)|"([^"]*)"|'([^']*)'|matrix\\.${NAME})[ \\t]*\\]`,
  "g",
);

function readExpression(
  text: string,
  open: number,
  index: number,
): { found: Reference | Fault; end: number } {
  EXPRESSION.lastIndex = open;
  const match = EXPRESSION.exec(text);
  if (match === null) return fault(text, open, index);
  const [source, root = "", rest = "", axis, after = ""] = match;
  const choice = axis === undefined ? {} : { choice: { axis, path: partsOf(after) } };
  return { found: { root, path: partsOf(rest), ...choice, source, index }, end: open + source.length };
}

function partsOf(rest: string): readonly (string | number)[] {
  if (rest === "") return [];
  // Most paths are one name.
  if (rest.lastIndexOf(".") === 0 && !rest.includes("[")) return [rest.slice(1)];
  return [...rest.matchAll(PART)].map(([, name, position, double, single]) => {
    return position === undefined ? (name ?? double ?? single ?? "") : Number(position);
  });
}

/** Where part number `part` of an expression stands in its source; 0 is the root. */
export function partAt({ source, root }: Reference, part: number): readonly [start: number, end: number] {
  const from = source.indexOf(root, 3);
  const after = from + root.length;
  const match = [...source.slice(after).matchAll(PART)][part - 1];
  if (match === undefined) return [from, after];
  const [whole] = match;
  const start = after + match.index;
  return [whole.startsWith(".") ? start + 1 : start, start + whole.length];
}

function fault(text: string, open: number, index: number): { found: Fault; end: number } {
  BEGINNING.lastIndex = open;
  const at = open + (BEGINNING.exec(text)?.[0].length ?? 3);
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
