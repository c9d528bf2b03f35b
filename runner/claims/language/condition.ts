import type { Comparison, Expression, Fault, MetricRef } from "./ast.js";
import { ARITHMETIC } from "./evaluate.js";

export type Scalar = string | number | boolean;

/** Reads `params.name` or `matrix.axis`; undefined where that is a mistake, which has been reported. */
export type ReadName = (name: MetricRef) => Scalar | undefined;

/**
 * The truth of a condition, an expression of claims over params and labels in place of metrics. What is wrong with it goes to
 * `report`, and there is no answer then. Both sides of `and` and `or` are looked at, so that no mistake waits for a value.
 */
export function isTrue(
  expression: Expression,
  read: ReadName,
  report: (fault: Fault) => void,
): boolean | undefined {
  const value = new Evaluation(read, report).of(expression, "boolean");
  return typeof value === "boolean" ? value : undefined;
}

type Type = "boolean" | "number";

class Evaluation {
  constructor(
    private readonly read: ReadName,
    private readonly report: (fault: Fault) => void,
  ) {}

  of(expression: Expression, wanted?: Type): Scalar | undefined {
    const value = this.#value(expression);
    if (value === undefined || wanted === undefined || typeof value === wanted) return value;
    this.report({
      message: `this is ${TYPES[typeof value as keyof typeof TYPES]}, not ${TYPES[wanted]}`,
      ...(wanted === "boolean" && { hint: "compare it with something: `... == 0`" }),
      span: expression.span,
    });
    return undefined;
  }

  #value(expression: Expression): Scalar | undefined {
    switch (expression.type) {
      case "number":
      case "literal":
        return expression.value;
      case "metric":
        return this.read(expression.metric);
      case "negate":
        return mapped(this.of(expression.of, "number"), value => -Number(value));
      case "not":
        return mapped(this.of(expression.of, "boolean"), value => value === false);
      case "logic": {
        const sides = [this.of(expression.left, "boolean"), this.of(expression.right, "boolean")];
        if (sides.includes(undefined)) return undefined;
        return expression.operator === "and" ? !sides.includes(false) : sides.includes(true);
      }
      case "arithmetic": {
        const [left, right] = [this.of(expression.left, "number"), this.of(expression.right, "number")];
        if (typeof left !== "number" || typeof right !== "number") return undefined;
        return ARITHMETIC[expression.operator](left, right);
      }
      case "compare":
        return this.#compare(expression);
      case "call": {
        if (expression.name === "abs")
          return mapped(this.of(expression.of, "number"), value => Math.abs(Number(value)));
        const message = `\`${expression.name}\` takes values together, and a condition is about one instance`;
        this.report({ message, span: expression.span });
        return undefined;
      }
    }
  }

  #compare({ terms, operators, span }: Extract<Expression, { type: "compare" }>): boolean | undefined {
    const values = terms.map(term => this.of(term));
    let holds = true;
    for (const [i, operator] of operators.entries()) {
      const [left, right] = [values[i], values[i + 1]];
      if (left === undefined || right === undefined) return undefined;
      const ordered = operator !== "==" && operator !== "!=";
      if (typeof left !== typeof right || (ordered && typeof left !== "number")) {
        const [a, b] = [left, right].map(value => TYPES[typeof value as keyof typeof TYPES]);
        const message =
          a === b
            ? `${a ?? ""} is neither less nor more than another`
            : `${a ?? ""} is compared with ${b ?? ""}`;
        const hint =
          a === b ? "compare them with `==` or `!=`" : "a text stands in quotes, a number does not";
        this.report({ message, hint, span });
        return undefined;
      }
      holds &&= COMPARISONS[operator](left, right);
    }
    return holds;
  }
}

function mapped(value: Scalar | undefined, of: (value: Scalar) => Scalar): Scalar | undefined {
  return value === undefined ? undefined : of(value);
}

const TYPES = { boolean: "true or false", number: "a number", string: "a text" } as const;

const COMPARISONS: Readonly<Record<Comparison, (a: Scalar, b: Scalar) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};
