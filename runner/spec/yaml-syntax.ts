import { Lexer, type Document, type YAMLParseError } from "yaml";
import { MAX_DEPTH } from "./measure.js";
import type { Report } from "./yaml.js";

/** Errors shown of one file; the parser's later ones are mostly echoes of the first. */
const MOST = 10;

/** The parser's errors in the user's words, one a line, with the likely cause where it can be told. */
export function reportSyntax(document: Document, text: string, report: Report): void {
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2") {
    const at = text.indexOf("%YAML");
    report("yaml-syntax", "only YAML 1.2 is read", [at, at + 9], "leave the %YAML line out");
  }
  const exhausted = document.errors.find(error => error.code === "RESOURCE_EXHAUSTION");
  if (exhausted !== undefined) {
    report("too-deep", `values are nested deeper than ${MAX_DEPTH} levels`, exhausted.pos);
    return;
  }
  let lastLine = -1;
  let shown = 0;
  for (const error of document.errors) {
    const [start, end] = error.pos;
    const line = text.lastIndexOf("\n", start - 1);
    if (line === lastLine && shown > 0) continue;
    lastLine = line;
    if (shown++ === MOST) return;
    reportOne(error, text, [Math.min(start, text.length), Math.min(end, text.length)], report);
  }
}

function reportOne(error: Flaw, text: string, at: [number, number], report: Report): void {
  if (error.code === "MULTIPLE_DOCS") {
    const hint = "a pipeline file holds one document: take out this `---`";
    report("multiple-documents", "a second document begins here", [at[0], at[0] + 3], hint);
    return;
  }
  const tab = indentingTab(text, at[0]);
  if (tab !== undefined) {
    report("tab", "a tab is used as indentation", [tab, tab + 1], "YAML is indented with spaces");
    return;
  }
  const [message, hint] = WORDS[error.code] ?? [lower(error.message), undefined];
  report("yaml-syntax", message, at, openExpression(text, at[0]) ?? hint);
}

type Flaw = Pick<YAMLParseError, "code" | "message" | "pos">;

const UNQUOTED = 'an expression inside `{ }` or `[ ]` must be in quotes: "${{ ... }}"';

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

/** The commonest mistake of all: `{ seed: ${{ matrix.seed }} }`, which YAML reads as nested mappings. */
function openExpression(text: string, at: number): string | undefined {
  const begin = text.lastIndexOf("\n", at) + 1;
  const end = text.indexOf("\n", begin);
  const line = text.slice(begin, Math.min(end === -1 ? text.length : end, begin + 10_000));
  return /^[^#"']*[[{][^"'#]*\$\{\{/.test(line) || /[[{,:]\s*\$\{\{/.test(line) ? UNQUOTED : undefined;
}

function lower(message: string): string {
  const [first] = message.split("\n");
  return (first ?? "").replace(/^[A-Z](?=[a-z ])/, letter => letter.toLowerCase());
}

/**
 * Where brackets nest deeper than the limit, found before the parser works its way down a million of them. The
 * rough count, blind to quotes, says whether an exact look is worth its time; what it misses the parser refuses.
 */
export function tooDeepFlow(text: string): number | undefined {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth);
    else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
  }
  return deepest <= MAX_DEPTH ? undefined : exactDepth(text);
}

/** Offset of the first bracket that is too deep, by the lexer's tokens. */
function exactDepth(text: string): number | undefined {
  const scalarFollows = "\x1f";
  let offset = 0;
  let depth = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    // Markers are tokens of one control character that stand for no text.
    if (token === scalarFollows || token === "\x02" || token === "\x18") {
      scalar = token === scalarFollows;
      continue;
    }
    if (!scalar && (token === "[" || token === "{") && ++depth > MAX_DEPTH) return offset;
    if (!scalar && (token === "]" || token === "}")) depth = Math.max(0, depth - 1);
    scalar = false;
    offset += token.length;
  }
  return undefined;
}
