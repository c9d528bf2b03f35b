import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Parser,
  type CST,
  type Document,
  type Node,
  type Scalar,
} from "yaml";
import { InternalError, UsageError, type Diagnostic } from "../../core/diagnostic.js";
import type { Json } from "../../core/json.js";
import { plainOf, spelled, type Written, type WrittenObject } from "../../core/spelled.js";
import type { Code } from "../mistakes/codes.js";
import { locateIn } from "./locate.js";
import { MAX_DEPTH, measure } from "./measure.js";
import { lossOf } from "../../core/numbers/number-loss.js";
import type { Locate } from "./place.js";
import { LineIndex, MAX_BYTES, rangeAt } from "./file-text.js";
import { code, show } from "../mistakes/wording.js";
import { deepBracket, deepCollection } from "./yaml-depth.js";
import { reportSyntax, type Report } from "./yaml-syntax.js";

/** YAML that has been read: its value, its mistakes, and its places. */
export interface Source {
  readonly written: WrittenObject;
  readonly mistakes: readonly Diagnostic[];
  readonly locate: Locate;
}

/**
 * Reads one YAML document whose root is a mapping. Throws a `UsageError` with the syntax errors, or when there is
 * no such root; lesser mistakes are listed beside a value that leaves them out.
 */
export function readYaml(text: string, file: string): Source {
  const { root, value, mistakes, targets, lines } = readAny(text, file);
  if (isMap(root)) {
    return { written: value as WrittenObject, mistakes, locate: locateIn(root, targets, text, lines) };
  }
  const empty = value === null && mistakes.length === 0;
  const [start, end] = root === null ? [0, 0] : span(root);
  throw new UsageError(
    [
      ...mistakes,
      {
        code: (empty ? "empty-file" : "wrong-type") satisfies Code,
        severity: "error",
        message: empty ? "the file is empty" : `the file holds ${show(plainOf(value))}, not a mapping`,
        file,
        range: rangeAt(lines, start, end),
        hint: "it must be a mapping of names to values, such as `name: value`",
      },
    ],
    new Map([[file, text]]),
  );
}

/** One YAML value of any type. Throws a `UsageError` for syntax errors. */
export function readAny(text: string, file: string) {
  const lines = new LineIndex(text);
  const mistakes: Diagnostic[] = [];
  const report: Report = (code, message, [start, end], hint) => {
    const range = rangeAt(lines, Math.min(start, text.length), Math.min(end, text.length));
    mistakes.push({ code, severity: "error", message, file, range, ...(hint !== undefined && { hint }) });
  };
  const stopIfAny = (): void => {
    if (mistakes.length > 0) throw new UsageError(mistakes, new Map([[file, text]]));
  };

  const document = compose(text, report);
  stopIfAny();
  reportSyntax(document, text, report);
  stopIfAny();
  for (const { pos } of document.warnings) {
    report("custom-tag", `the tag ${code(text.slice(...pos))} has no meaning here`, pos, "leave it out");
  }
  const reader = new Reader(report);
  const root: Node | null = document.contents;
  const value = reader.read(root, 0);
  return { root, value, mistakes, targets: reader.targets, lines };
}

/** The parser's document, if it is safe to make one. */
function compose(text: string, report: Report): Document {
  const tooDeep = (offset: number): void =>
    report("too-deep", `values are nested deeper than ${MAX_DEPTH} levels`, [offset, offset + 1]);
  const bracket = deepBracket(text);
  if (bracket !== undefined) tooDeep(bracket);
  const shallow = function* (): Generator<CST.Token> {
    if (bracket !== undefined) return;
    for (const token of new Parser().parse(text)) {
      const deep = deepCollection(token);
      if (deep !== undefined) {
        tooDeep(deep);
        return;
      }
      yield token;
    }
  };
  const composer = new Composer({
    // Duplicates are looked for by `Reader`: the composer compares every key of a mapping with every other.
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
  });
  let first: Document | undefined;
  // A million errors with a stack each take ten seconds, and nobody sees the stacks.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (const document of composer.compose(shallow(), true, text.length)) {
    if (first !== undefined) {
      const [start] = document.range;
      const hint = "a pipeline file holds one document: take out this `---`";
      report("multiple-documents", "a second document begins here", [start, start + 3], hint);
      break;
    }
    first = document;
  }
  Error.stackTraceLimit = stackTraceLimit;
  if (first === undefined) throw new InternalError("the YAML parser made no document");
  return first;
}

function span(node: Node): [number, number] {
  const [start, end] = node.range ?? [0, 0];
  return [start, end];
}

/** Nodes -> plain JSON. Bounded in depth, in time (by the text) and in the size of what it stands for. */
class Reader {
  /** What each alias stands for. */
  readonly targets = new Map<Node, Node>();
  readonly #anchors = new Map<string, { readonly node: Node; readonly value: Written }>();
  #unfolded = 0;
  #deep = false;
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  read(node: Node | null, depth: number): Written {
    if (node === null) return null;
    if (isAlias(node)) return this.#follow(node, node.source, depth);
    if (depth > MAX_DEPTH) return this.#tooDeep(node);
    const value = this.#content(node, depth);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, { node, value });
    return value;
  }

  #content(node: Node, depth: number): Written {
    if (isScalar(node)) return this.#scalar(node, span(node));
    if (isSeq<Node | null>(node)) return node.items.map(item => this.read(item, depth + 1));
    if (!isMap<Node | null, Node | null>(node)) return null;
    const out: Record<string, Written> = {};
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = this.#key(key, node, seen);
      // The value is read even where the key is of no use: it may hold anchors, and mistakes of its own.
      const item = this.read(value, depth + 1);
      if (name !== undefined) out[name] = item;
    }
    return out;
  }

  #key(key: Node | null, map: Node, seen: Set<string>): string | undefined {
    const at = key === null ? span(map) : span(key);
    if (!isScalar(key) || typeof key.value !== "string") {
      const what = isScalar(key) ? show(key.value as Json) : "a value that is not text";
      const source = isScalar(key) ? key.source : undefined;
      const hint = source === undefined || source === "" ? undefined : `put it in quotes: "${source}"`;
      const inner = isMap(key) && key.flow === true && key.items.length === 1 ? key.items[0]?.key : undefined;
      if (isScalar(inner) && typeof inner.value === "string")
        this.#report(
          "bad-key",
          "this is read as a mapping within a mapping, not as an expression",
          at,
          `write "\${{ ${inner.value} }}", with the \`$\` and in quotes`,
        );
      else this.#report("bad-key", `a key must be text, not ${what}`, at, hint);
      return undefined;
    }
    const name = key.value;
    this.#checkText(name, at);
    if ((key as { anchor?: string }).anchor !== undefined) {
      this.#anchors.set((key as { anchor?: string }).anchor ?? "", { node: key, value: name });
    }
    if (name === "<<" && key.type === "PLAIN") {
      const hint =
        "write the keys out, or keep them in `params:` and give `${{ params.name }}` as the whole value";
      this.#report("merge-key", "merge keys (`<<`) are not part of YAML 1.2", at, hint);
      return undefined;
    }
    if (name === "__proto__") {
      this.#report("bad-key", "`__proto__` cannot be a key", at);
      return undefined;
    }
    if (seen.has(name)) {
      this.#report("duplicate-key", `the key ${code(name)} stands here a second time`, at);
      return undefined;
    }
    seen.add(name);
    return name;
  }

  #scalar({ value, source = "", type }: Scalar, at: [number, number]): Written {
    if (typeof value === "string") {
      this.#checkText(value, at);
      return value;
    }
    if (typeof value === "number") {
      const loss = lossOf(source, value);
      if (loss !== undefined) {
        this.#report(
          "bad-number",
          `${code(source)} ${loss}`,
          at,
          "put it in quotes to keep its digits as text",
        );
        return Number.isFinite(value) ? value : null;
      }
    } else if (typeof value !== "boolean" && value !== null) return null;
    // No -0: it would not survive a trip through JSON.
    const plain = value === 0 ? 0 : value;
    if (type !== "PLAIN" || source === "") return plain;
    // `null` is no text by itself, as 1 is: where it was meant as a word, its spelling says so.
    return plain !== null && source === String(plain) ? plain : spelled(plain, source);
  }

  #checkText(text: string, at: [number, number]): void {
    if (!/\0|\p{Surrogate}/u.test(text)) return;
    this.#report("control-character", "a text holds a NUL or half of a surrogate pair", at);
  }

  #follow(alias: Node, name: string, depth: number): Written {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) {
      const hint = `an anchor \`&${name}\` must be complete before it is used`;
      this.#report("unknown-alias", `there is no anchor for ${code(`*${name}`)}`, span(alias), hint);
      return null;
    }
    this.targets.set(alias, anchor.node);
    const { weight, height } = measure(anchor.value);
    if (depth + height > MAX_DEPTH) return this.#tooDeep(alias);
    // Once over the limit, further aliases say nothing new.
    if (this.#unfolded > MAX_BYTES) return null;
    this.#unfolded += weight;
    if (this.#unfolded > MAX_BYTES) {
      this.#report("alias-bomb", "the aliases up to here unfold to more than 16 MiB", span(alias));
      return null;
    }
    return anchor.value;
  }

  #tooDeep(node: Node): null {
    if (!this.#deep)
      this.#report("too-deep", `values are nested deeper than ${MAX_DEPTH} levels`, span(node));
    this.#deep = true;
    return null;
  }
}
