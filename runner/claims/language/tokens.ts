import type { Fault, MetricRef, Span } from "./ast.js";
import { referenceAt } from "./reference.js";

export type Token =
  | { readonly type: "number"; readonly value: number; readonly span: Span }
  | { readonly type: "metric"; readonly ref: MetricRef; readonly span: Span }
  | { readonly type: "name"; readonly name: string; readonly span: Span }
  | { readonly type: "text"; readonly text: string; readonly span: Span }
  | { readonly type: "sign"; readonly sign: string; readonly span: Span }
  | { readonly type: "end"; readonly span: Span };

/** A text as tokens, the last of which is its end; or what cannot be one. */
export function tokens(text: string): { tokens: readonly Token[] } | { fault: Fault } {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? "")) {
      at++;
      continue;
    }
    const reference = referenceAt(text, at);
    if (reference !== undefined) {
      if (reference.fault !== undefined) return { fault: reference.fault };
      const span = { start: at, end: at + reference.ref.source.length };
      found.push({ type: "metric", ref: reference.ref, span });
      at = span.end;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return { fault: unknown(text, at) };
    const [source, number, percent, name, double, single] = match;
    const span = { start: at, end: at + source.length };
    if (number !== undefined)
      found.push({ type: "number", value: Number(number) / (percent === undefined ? 1 : 100), span });
    else if (double !== undefined || single !== undefined)
      found.push({ type: "text", text: double ?? single ?? "", span });
    else if (name !== undefined) found.push({ type: "name", name, span });
    else found.push({ type: "sign", sign: source, span });
    at = span.end;
  }
  found.push({ type: "end", span: { start: text.length, end: text.length } });
  return { tokens: found };
}

const TOKEN =
  /((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%)?|([A-Za-z_](?:[\w-]*\w)?)|"([^"]*)"|'([^']*)'|<=|>=|==|!=|[<>()+\-*/,]/y;

function unknown(text: string, at: number): Fault {
  const span = { start: at, end: at + 1 };
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const hints: Readonly<Record<string, string>> = {
    "=": "two values are compared with `==`",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "^": "there are no powers: multiply",
    "[": "labels come after a step's name and before its metric: `probe[seed=0].accuracy`",
    $: "no `${{ ... }}` here: names stand by themselves",
  };
  return { message: `\`${character}\` means nothing here`, hint: hints[character], span };
}
