import { Lexer, type CST } from "yaml";
import { MAX_DEPTH } from "./measure.js";

/**
 * The offset of the first collection of a parsed token that is nested too deep. The parser works without recursion, what
 * comes after it does not: it must never be handed a document that would exhaust the stack.
 */
export function deepCollection(document: CST.Token): number | undefined {
  const stack: { readonly token: CST.Token; readonly depth: number }[] = [{ token: document, depth: 0 }];
  const push = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) stack.push({ token, depth });
  };
  let first: number | undefined;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next;
    if (token.type === "document") push(token.value, depth);
    if (!("items" in token)) continue;
    // The root itself is no nesting.
    if (depth > MAX_DEPTH) first = Math.min(first ?? Infinity, token.offset);
    else {
      for (const item of token.items) {
        push(item.key, depth + 1);
        push(item.value, depth + 1);
      }
    }
  }
  return first;
}

/**
 * Where brackets nest deeper than the limit, found before the parser works its way down a million of them. The
 * rough count, blind to quotes, says whether an exact look is worth its time; what it misses the parser refuses.
 */
export function deepBracket(text: string): number | undefined {
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
