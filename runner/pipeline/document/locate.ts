import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from "yaml";
import type { Range } from "../../core/diagnostic.js";
import type { Locate, Place, Span } from "./place.js";
import { rangeAt, type LineIndex } from "./file-text.js";

/** Places -> ranges by the nodes of a YAML document. `targets`: what each alias stands for. */
export function locateIn(
  root: Node,
  targets: ReadonlyMap<Node, Node>,
  text: string,
  lines: LineIndex,
): Locate {
  const expressions = new Map<number, number[]>();
  const entries = new Map<YAMLMap, Map<string, Pair>>();
  /** Entries by key, made once a mapping: a file of 10,000 steps can have 10,000 mistakes. */
  const entriesOf = (map: YAMLMap): Map<string, Pair> => {
    let known = entries.get(map);
    if (known === undefined) {
      known = new Map();
      for (const pair of map.items) {
        const key = isScalar(pair.key) ? pair.key.value : undefined;
        // The first of two equal keys is the one whose value counts.
        if (typeof key === "string" && !known.has(key)) known.set(key, pair);
      }
      entries.set(map, known);
    }
    return known;
  };

  return (place: Place): Range => {
    let node: Node | null | undefined = root;
    let key: Node | undefined;
    for (const segment of place.path) {
      const holder: Node | null | undefined = node && (targets.get(node) ?? node);
      let next: Node | null | undefined;
      if (isMap(holder) && typeof segment === "string") {
        const pair = entriesOf(holder).get(segment);
        if (pair === undefined) break;
        key = pair.key as Node;
        next = pair.value as Node | null;
      } else if (isSeq<Node | null>(holder) && typeof segment === "number" && segment < holder.items.length) {
        key = undefined;
        next = holder.items[segment];
      } else break;
      node = next;
    }
    if (place.part === "key" && key !== undefined) return ofNode(key);
    const [start, end] = bounds(node);
    if (place.span !== undefined) return ofSpan(start, end, place.span);
    if (place.within !== undefined && isScalar(node)) return ofCharacters(node, start, end, place.within);
    // An empty value has no characters of its own.
    if (start === end && key !== undefined) return ofNode(key);
    return firstLine(start, end);
  };

  function ofNode(node: Node): Range {
    return rangeAt(lines, ...bounds(node));
  }

  /** A mapping or list of many lines is pointed at by its first. */
  function firstLine(start: number, end: number): Range {
    const newline = text.indexOf("\n", start);
    const stop = newline !== -1 && newline < end ? newline : end;
    return rangeAt(lines, start, Math.max(start, start + text.slice(start, stop).trimEnd().length));
  }

  function ofSpan(start: number, end: number, span: Span): Range {
    const at = expressionsIn(start, end)[span.index];
    if (at === undefined) return firstLine(start, end);
    return rangeAt(lines, Math.min(at + span.start, end), Math.min(at + span.end, end));
  }

  /** Characters of a scalar's value, where it stands on one line as it is; else the whole of it. */
  function ofCharacters(
    node: Scalar,
    start: number,
    end: number,
    within: NonNullable<Place["within"]>,
  ): Range {
    const at = sourceOffsets(String(node.value), text.slice(start, end), node.type ?? "PLAIN");
    const [from, to] = [at[within.start], at[Math.max(within.start, within.end - 1)]];
    if (to === undefined || from === undefined) {
      // What is missing at the end of a text is pointed at just behind it.
      const last = at.at(-1);
      return last === undefined || within.start < at.length
        ? firstLine(start, end)
        : rangeAt(lines, start + last + 1, start + last + 1);
    }
    return rangeAt(lines, start + from, start + to + (within.end > within.start ? 1 : 0));
  }

  /** Offsets of every `${{` of a text, found once: one text can have thousands of mistakes too. */
  function expressionsIn(start: number, end: number): readonly number[] {
    let known = expressions.get(start);
    if (known === undefined) {
      known = [];
      for (let at = text.indexOf("${{", start); at !== -1 && at < end; at = text.indexOf("${{", at + 1))
        known.push(at);
      expressions.set(start, known);
    }
    return known;
  }
}

/**
 * Where each character of a scalar's value stands in its source. Quotes, escapes and folded line ends make the two
 * differ; every other character of the value is found again in the source, in the same order.
 */
function sourceOffsets(value: string, source: string, type: string): number[] {
  // The header of a block (`>-`) is none of its text.
  let at = type.startsWith("BLOCK") ? source.indexOf("\n") + 1 : 0;
  const found: number[] = [];
  for (const character of value.split("")) {
    const blank = /\s/.test(character);
    while (at < source.length && !(blank ? /\s/.test(source[at] ?? "") : source[at] === character)) at++;
    found.push(at++);
  }
  return found;
}

function bounds(node: Node | null | undefined): [number, number] {
  const [start, end] = node?.range ?? [0, 0];
  return [start, end];
}
