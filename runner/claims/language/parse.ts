import { nearest } from "../../core/nearest.js";
import { type Comparison, type Expression, type Fault, type FunctionName, functionNames } from "./ast.js";
import { type Token, tokens } from "./tokens.js";

/**
 * The text of a claim, or of a condition, which has texts and `true` and `false` too -> its expression, or the first mistake in it. From what binds least to what binds most:
 * `or`; `and`; `not`; `< <= > >= == !=` (chained as in mathematics); `+ -`; `* /`; a minus sign; numbers, metrics,
 * functions and brackets. Nothing is ever evaluated as code.
 */
export function parseExpression(
  text: string,
  form: Form = "claim",
): { expression: Expression } | { fault: Fault } {
  if (text.length > MOST) return { fault: { message: `longer than ${MOST} characters`, span: whole(text) } };
  const read = tokens(text);
  if ("fault" in read) return read;
  try {
    return { expression: new Parser(read.tokens, form).whole() };
  } catch (error) {
    if (error instanceof Stop) return { fault: error.fault };
    throw error;
  }
}

/** A condition has texts, `true` and `false` as well; a filter also names by themselves, which are columns. */
export type Form = "claim" | "condition" | "filter";

const MOST = 2000;
/** So that no expression nests deeper than calls can. */
const DEEPEST = 50;
const COMPARISONS: ReadonlySet<string> = new Set<Comparison>(["<", "<=", ">", ">=", "==", "!="]);

class Stop extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

class Parser {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly form: Form,
  ) {}

  whole(): Expression {
    const expression = this.#or();
    const left = this.#now;
    if (left.type === "end") return expression;
    const two = ["metric", "number", "name", "text"].includes(left.type);
    throw this.#stop(two ? "an operator is missing before this" : "this does not belong here", left);
  }

  #or(): Expression {
    if (++this.#depth > DEEPEST) throw this.#stop(`brackets are nested deeper than ${DEEPEST}`, this.#now);
    let left = this.#and();
    while (this.#word("or")) left = binary("logic", "or", left, this.#and());
    this.#depth--;
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#word("and")) left = binary("logic", "and", left, this.#not());
    return left;
  }

  #not(): Expression {
    const start = this.#now.span.start;
    if (!this.#word("not")) return this.#comparison();
    const of = this.#not();
    return { type: "not", of, span: { start, end: of.span.end } };
  }

  #comparison(): Expression {
    const first = this.#sum();
    const terms = [first];
    const operators: Comparison[] = [];
    for (let sign = this.#sign(COMPARISONS); sign !== undefined; sign = this.#sign(COMPARISONS)) {
      operators.push(sign as Comparison);
      terms.push(this.#sum());
    }
    if (operators.length === 0) return first;
    return {
      type: "compare",
      terms,
      operators,
      span: { start: first.span.start, end: last(terms).span.end },
    };
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#sign(SUM); sign !== undefined; sign = this.#sign(SUM))
      left = binary("arithmetic", sign as "+" | "-", left, this.#product());
    return left;
  }

  #product(): Expression {
    let left = this.#negated();
    for (let sign = this.#sign(PRODUCT); sign !== undefined; sign = this.#sign(PRODUCT))
      left = binary("arithmetic", sign as "*" | "/", left, this.#negated());
    return left;
  }

  #negated(): Expression {
    const start = this.#now.span.start;
    if (this.#sign(MINUS) === undefined) return this.#atom();
    const of = this.#negated();
    return { type: "negate", of, span: { start, end: of.span.end } };
  }

  #atom(): Expression {
    const token = this.#now;
    if (token.type === "number") return this.#take({ type: "number", value: token.value, span: token.span });
    if (token.type === "metric") return this.#take({ type: "metric", metric: token.ref, span: token.span });
    if (this.form !== "claim") {
      if (token.type === "text") return this.#take({ type: "literal", value: token.text, span: token.span });
      if (token.type === "name" && (token.name === "true" || token.name === "false"))
        return this.#take({ type: "literal", value: token.name === "true", span: token.span });
    }
    if (token.type === "name") return this.#call(token.name, token);
    if (this.#sign(OPEN) === undefined) {
      throw this.#stop(
        token.type === "end" ? "a value is missing at the end" : "a value is missing before this",
        token,
      );
    }
    const inner = this.#or();
    const end = this.#close(token);
    return { ...inner, span: { start: token.span.start, end } };
  }

  #call(name: string, token: Token): Expression {
    this.#at++;
    const called = this.#now;
    if (this.#sign(OPEN) === undefined) {
      if (this.form === "filter") return column(name, token);
      const like = nearest(name, functionNames);
      const hint = "a condition reads `params.name` and `matrix.axis`; a text stands in quotes";
      if (this.form === "condition") throw this.#stop(`\`${name}\` is not a value`, token, hint);
      throw this.#stop(
        `\`${name}\` is not a value`,
        token,
        like === undefined ? `a metric is \`${name}.metric\`` : `did you mean \`${like}(...)\`?`,
      );
    }
    if (!isFunction(name)) {
      const like = nearest(name, functionNames);
      const hint = like === undefined ? `there are ${functionNames.join(", ")}` : `did you mean \`${like}\`?`;
      throw this.#stop(`there is no function \`${name}\``, token, hint);
    }
    const of = this.#or();
    const axes: { name: string; span: Token["span"] }[] = [];
    let level = 0.95;
    while (this.#sign(COMMA) !== undefined) {
      const given = this.#now;
      if (given.type === "name") axes.push({ name: given.name, span: given.span });
      else if (given.type === "number" && name === "ci") {
        level = given.value;
        if (!(level > 0 && level < 1))
          throw this.#stop("a confidence lies between 0 and 1", given, "such as `0.9` or `90%`");
      } else throw this.#stop("not the name of an axis", given, `such as \`${name}(..., seed)\``);
      this.#at++;
    }
    const [axis] = axes;
    if (name === "abs" && axis !== undefined)
      throw this.#stop("`abs` reduces no axis", { ...token, span: axis.span });
    return {
      type: "call",
      name,
      of,
      axes,
      level,
      span: { start: token.span.start, end: this.#close(called) },
    };
  }

  get #now(): Token {
    return this.tokens[this.#at] ?? { type: "end", span: { start: 0, end: 0 } };
  }

  #take(expression: Expression): Expression {
    this.#at++;
    return expression;
  }

  #word(word: string): boolean {
    const token = this.#now;
    if (token.type !== "name" || token.name !== word) return false;
    this.#at++;
    return true;
  }

  #sign(wanted: ReadonlySet<string>): string | undefined {
    const token = this.#now;
    if (token.type !== "sign" || !wanted.has(token.sign)) return undefined;
    this.#at++;
    return token.sign;
  }

  /** The end of the bracket that `opened` opens. */
  #close(opened: Token): number {
    const { span } = this.#now;
    if (this.#sign(CLOSE) === undefined) {
      if (this.#now.type === "end") throw this.#stop("this bracket is not closed", opened);
      throw this.#stop("a `)` or an operator is missing before this", this.#now);
    }
    return span.end;
  }

  #stop(message: string, { span }: Token, hint?: string): Stop {
    return new Stop({ message, hint, span });
  }
}

const SUM = new Set(["+", "-"]);
const PRODUCT = new Set(["*", "/"]);
const MINUS = new Set(["-"]);
const OPEN = new Set(["("]);
const CLOSE = new Set([")"]);
const COMMA = new Set([","]);

function binary<T extends "arithmetic" | "logic", O>(
  type: T,
  operator: O,
  left: Expression,
  right: Expression,
) {
  return { type, operator, left, right, span: { start: left.span.start, end: right.span.end } };
}

function isFunction(name: string): name is FunctionName {
  return (functionNames as readonly string[]).includes(name);
}

function last(terms: readonly Expression[]): Expression {
  const term = terms.at(-1);
  if (term === undefined) throw new RangeError("no term");
  return term;
}

function whole(text: string) {
  return { start: 0, end: text.length };
}

function column(name: string, { span }: Token): Expression {
  return {
    type: "metric",
    metric: { step: "", labels: [], metric: name, source: name, stepSpan: span },
    span,
  };
}
