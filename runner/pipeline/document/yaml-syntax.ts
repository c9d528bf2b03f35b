import type { Document, YAMLParseError } from "yaml";
import type { Code } from "../mistakes/codes.js";

export type Report = (code: Code, message: string, range: readonly [number, number], hint?: string) => void;

/** Errors shown of one file. */
const MOST = 10;

/** What is wrong with one value alone, whatever stands before it. Other errors follow from the first. */
const OWN: ReadonlySet<YAMLParseError["code"]> = new Set([
  "BAD_DQ_ESCAPE",
  "BAD_SCALAR_START",
  "MULTIPLE_ANCHORS",
  "MULTIPLE_TAGS",
  "ALIAS_PROPS",
]);

/** The parser's errors in the user's words, one a line, with the likely cause where it can be told. */
export function reportSyntax(document: Document, text: string, report: Report): void {
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2") {
    const at = text.indexOf("%YAML");
    report("yaml-syntax", "only YAML 1.2 is read", [at, at + 9], "leave the %YAML line out");
  }
  let lastLine = -1;
  let shown = 0;
  for (const error of document.errors) {
    const [start, end] = error.pos;
    const line = text.lastIndexOf("\n", start - 1);
    if (line === lastLine && shown > 0) continue;
    if (shown > 0 && !OWN.has(error.code) && openExpression(text, start) === undefined) continue;
    lastLine = line;
    if (shown++ === MOST) return;
    reportOne(error, text, [Math.min(start, text.length), Math.min(end, text.length)], report);
  }
}

function reportOne(error: Flaw, text: string, at: [number, number], report: Report): void {
  const tab = indentingTab(text, at[0]);
  if (tab !== undefined) {
    report("tab", "a tab is used as indentation", [tab, tab + 1], "YAML is indented with spaces");
    return;
  }
  const expression = openExpression(text, at[0]);
  const [message, hint] =
    expression === undefined
      ? (WORDS[error.code] ?? [lower(error.message), undefined])
      : [UNQUOTED, `put it in quotes: "${expression}"`];
  report("yaml-syntax", message, at, hint);
}

type Flaw = Pick<YAMLParseError, "code" | "message" | "pos">;

const UNQUOTED = "an expression inside `{ }` or `[ ]` must be in quotes";

const WORDS: Partial<Record<YAMLParseError["code"], readonly [string, string | undefined]>> = {
  BAD_SCALAR_START: ["a value cannot begin with this character", "put the value in quotes"],
  BLOCK_AS_IMPLICIT_KEY: [
    "a second `key: value` on the same line",
    "put a value that holds `: ` in quotes, or begin a new line with deeper indentation",
  ],
  MULTILINE_IMPLICIT_KEY: [
    "a key must be on one line and end with `:`",
    "is a `:` missing on the line before?",
  ],
  KEY_OVER_1024_CHARS: ["a key may have at most 1,024 characters", undefined],
  BAD_DQ_ESCAPE: [
    "this is not an escape that YAML knows",
    "in double quotes a backslash is written twice; in single quotes it stands for itself",
  ],
  MULTIPLE_ANCHORS: ["a value can have one anchor only", undefined],
  MULTIPLE_TAGS: ["a value can have one tag only", undefined],
  ALIAS_PROPS: ["an alias cannot have an anchor or tag of its own", undefined],
};

/** A tab among the white space that begins the line of the error. */
function indentingTab(text: string, at: number): number | undefined {
  const begin = text.lastIndexOf("\n", at - 1) + 1;
  const indentation = /^[ \t]*/.exec(text.slice(begin, begin + 1000))?.[0] ?? "";
  const tab = indentation.indexOf("\t");
  return tab === -1 ? undefined : begin + tab;
}

/**
 * The expression in the line of an error that stands open: the commonest mistake of all, `{ seed: ${{ matrix.seed }} }`,
 * which YAML reads as nested mappings.
 */
function openExpression(text: string, at: number): string | undefined {
  const begin = text.lastIndexOf("\n", at) + 1;
  const end = text.indexOf("\n", begin);
  const line = text.slice(begin, Math.min(end === -1 ? text.length : end, begin + 10_000));
  const [, expression] =
    /^[^#"']*[[{][^"'#]*(\$\{\{[^}]*)/.exec(line) ?? /[[{,:]\s*(\$\{\{[^}]*)/.exec(line) ?? [];
  return expression === undefined ? undefined : `${expression.trim().slice(0, 60)} }}`;
}

function lower(message: string): string {
  const [first] = message.split("\n");
  return (first ?? "").replace(/^[A-Z](?=[a-z ])/, letter => letter.toLowerCase());
}
