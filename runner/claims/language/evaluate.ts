import { InternalError } from "../../core/diagnostic.js";
import { estimate } from "../../core/numbers/statistics.js";
import { Unanswerable } from "../statistics/answer.js";
import type { Comparison, Expression, FunctionName, MetricRef } from "./ast.js";
import { type Field, mapField, pair, reduce, scalar } from "./field.js";

/** A two-sided t-interval for a mean. */
export type Interval = readonly [low: number, high: number];

/** The measured values of a metric. Throws `Unanswerable` for what is not there. */
export type Lookup = (metric: MetricRef) => Field<number>;

/** The numbers of an expression whose shape is "number". Throws `Unanswerable`. */
export function evaluateNumber(expression: Expression, lookup: Lookup): Field<number> {
  const number = (e: Expression): Field<number> => evaluateNumber(e, lookup);
  switch (expression.type) {
    case "number":
      return scalar(expression.value);
    case "metric":
      return lookup(expression.metric);
    case "negate":
      return mapField(number(expression.of), value => -value);
    case "arithmetic": {
      const { operator, left, right } = expression;
      return pair(number(left), number(right), (a, b) => finite(ARITHMETIC[operator](a, b), operator));
    }
    case "call": {
      const { name, of, axes } = expression;
      if (name === "abs") return mapField(number(of), Math.abs);
      const f = REDUCTIONS[name];
      if (f === undefined) throw notA("number", expression);
      return reduce(
        number(of),
        axes.map(axis => axis.name),
        f,
      );
    }
    case "not":
    case "logic":
    case "compare":
    case "literal":
      throw notA("number", expression);
  }
}

/** The intervals of `ci(...)`. */
export function evaluateInterval(expression: Expression, lookup: Lookup): Field<Interval> {
  if (expression.type !== "call" || expression.name !== "ci") throw notA("interval", expression);
  const { of, axes, level } = expression;
  return reduce(
    evaluateNumber(of, lookup),
    axes.map(axis => axis.name),
    values => tInterval(values, level),
  );
}

/** The truth of an expression, one for each place on its axes. Throws `Unanswerable`. */
export function evaluateTruth(expression: Expression, lookup: Lookup): Field<boolean> {
  const truth = (e: Expression): Field<boolean> => evaluateTruth(e, lookup);
  switch (expression.type) {
    case "not":
      return mapField(truth(expression.of), value => !value);
    case "logic": {
      const and = expression.operator === "and";
      // Both sides are looked at, so that what cannot be answered is never hidden by the other.
      return pair(truth(expression.left), truth(expression.right), (a, b) => (and ? a && b : a || b));
    }
    case "compare": {
      const sides = expression.terms.map(term => evaluateEnds(term, lookup));
      return expression.operators
        .map((operator, i) => {
          const [left, right] = [sides[i], sides[i + 1]];
          if (left === undefined || right === undefined)
            throw new InternalError("a comparison without a side");
          return pair(left, right, (a, b) => holds(a, operator, b));
        })
        .reduce((a, b) => pair(a, b, (x, y) => x && y));
    }
    case "call": {
      const axes = expression.axes.map(axis => axis.name);
      if (expression.name === "all")
        return reduce(truth(expression.of), axes, values => values.every(Boolean));
      if (expression.name === "any")
        return reduce(truth(expression.of), axes, values => values.some(Boolean));
      throw notA("truth", expression);
    }
    case "number":
    case "literal":
    case "metric":
    case "negate":
    case "arithmetic":
      throw notA("truth", expression);
  }
}

/** Mean ± t-interval. Throws `Unanswerable` for one value. */
export function tInterval(values: readonly number[], level: number): Interval {
  const { mean, half } = estimate(values, level);
  if (half === null) throw new Unanswerable("n = 1 is too small for an interval");
  return [mean - half, mean + half];
}

/** A number as the interval of it alone, so that both are compared alike. */
function evaluateEnds(expression: Expression, lookup: Lookup): Field<Interval> {
  if (expression.type === "call" && expression.name === "ci") return evaluateInterval(expression, lookup);
  return mapField(evaluateNumber(expression, lookup), value => [value, value] as const);
}

/** A comparison with an interval holds when it holds for all of it. */
function holds(a: Interval, operator: Comparison, b: Interval): boolean {
  switch (operator) {
    case "<":
      return a[1] < b[0];
    case "<=":
      return a[1] <= b[0];
    case ">":
      return a[0] > b[1];
    case ">=":
      return a[0] >= b[1];
    case "==":
      return a[0] === b[0] && a[1] === b[0] && a[1] === b[1];
    case "!=":
      return a[1] < b[0] || a[0] > b[1];
  }
}

export const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
} as const;

const REDUCTIONS: Partial<Record<FunctionName, (values: readonly number[]) => number>> = {
  mean: values => estimate(values).mean,
  sd: deviation,
  min: values => values.reduce((a, b) => Math.min(a, b)),
  max: values => values.reduce((a, b) => Math.max(a, b)),
  median: values => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length / 2;
    return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
  },
  n: values => values.length,
};

/** The sample's standard deviation, with n - 1. */
function deviation(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) throw new Unanswerable("n = 1 is too small for a standard deviation");
  const { mean } = estimate(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
}

function finite(value: number, operator: string): number {
  if (Number.isFinite(value)) return value;
  throw new Unanswerable(operator === "/" ? "division by zero" : `${value} is not a finite number`);
}

/** Shapes are inferred, and mistakes in them reported, before anything is evaluated. */
function notA(kind: string, { type }: Expression): InternalError {
  return new InternalError(`${type} is not a ${kind}`);
}
