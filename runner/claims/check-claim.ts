import { labelText } from "../core/labels.js";
import type { Finding } from "./check.js";
import type { Claim } from "./expectation.js";
import type { Comparison, Expression } from "./language/ast.js";
import {
  evaluateInterval,
  evaluateNumber,
  evaluateTruth,
  type Interval,
  type Lookup,
  tInterval,
} from "./language/evaluate.js";
import { few } from "./words.js";

/** Holds a claim's expression against the results: it must be true at every place on its axes. Throws `Unanswerable`. */
export function checkClaim({ that, expression }: Claim, lookup: Lookup): Finding {
  const truths = evaluateTruth(expression, lookup);
  const failing = truths.cells.filter(cell => !cell.value);
  const ok = failing.length === 0;
  const base = { expected: that, tolerance: null, interval: null, wanted: null, level: null, p: null, ok };
  const places = failing.map(({ labels }) => labelText(labels)).filter(text => text !== "");
  const where = places.length === 0 ? [] : [`fails at ${places.slice(0, 5).join("; ")}`];
  const measured = quantityOf(expression, lookup);
  if (measured === undefined) {
    const parts = ok ? [] : conjuncts(expression).filter(part => !holds(part, lookup));
    const told = parts.map(part => `not ${that.slice(part.span.start, part.span.end)}`);
    const all = [...(parts.length > 1 || parts[0] !== expression ? told : []), ...where];
    return { ...base, actual: ok, n: truths.cells.length, note: ok ? "holds" : all.join("; ") };
  }
  const { margin, ...shown } = measured;
  const by = margin >= 0 ? `by ${few(margin)}` : `misses by ${few(-margin)}`;
  return { ...base, ...shown, note: [by, ...where].join("; ") };
}

interface Quantity {
  readonly actual: number;
  readonly interval: Interval | null;
  readonly level: number | null;
  readonly n: number;
  readonly wanted: readonly [number | null, number | null];
  /** How far on the right side of the bound; negative on the wrong side. */
  readonly margin: number;
}

/** What a single inequality is about: its measured side, or the difference of its sides; of several values the worst. */
function quantityOf(expression: Expression, lookup: Lookup): Quantity | undefined {
  if (expression.type !== "compare" || expression.terms.length !== 2) return undefined;
  const [left, right] = expression.terms;
  const [operator] = expression.operators;
  if (left === undefined || right === undefined || operator === undefined) return undefined;
  const sign = upward(operator);
  if (sign === 0) return undefined;
  if (isConstant(right))
    return ofSide(left, evaluateNumber(right, lookup).cells[0]?.value ?? NaN, sign, lookup);
  if (isConstant(left))
    return ofSide(right, evaluateNumber(left, lookup).cells[0]?.value ?? NaN, -sign, lookup);
  if (isInterval(left) || isInterval(right)) return undefined;
  const span = expression.span;
  return ofSide({ type: "arithmetic", operator: "-", left, right, span }, 0, sign, lookup);
}

/** `sign`: 1 where more is better, -1 where less is. */
function ofSide(side: Expression, bound: number, sign: number, lookup: Lookup): Quantity | undefined {
  const wanted = sign > 0 ? ([bound, null] as const) : ([null, bound] as const);
  if (side.type === "call" && (side.name === "ci" || side.name === "mean")) {
    const inner = evaluateNumber({ ...side, name: "mean" }, lookup).cells;
    const [only] = inner;
    const values = evaluateNumber(side.of, lookup).cells.map(cell => cell.value);
    if (inner.length !== 1 || only === undefined) return undefined;
    const interval =
      side.name === "ci"
        ? evaluateInterval(side, lookup).cells[0]?.value
        : values.length > 1 && tInterval(values, 0.95);
    const deciding = side.name === "ci" && interval ? interval[sign > 0 ? 0 : 1] : only.value;
    return {
      ...{
        actual: only.value,
        interval: interval || null,
        level: interval ? side.level : null,
        n: values.length,
      },
      ...{ wanted, margin: sign * (deciding - bound) },
    };
  }
  const values = evaluateNumber(side, lookup).cells.map(cell => cell.value);
  const worst = values.reduce((a, b) => (sign > 0 ? Math.min(a, b) : Math.max(a, b)));
  return {
    actual: worst,
    interval: null,
    level: null,
    n: values.length,
    wanted,
    margin: sign * (worst - bound),
  };
}

function upward(operator: Comparison): number {
  return operator.startsWith(">") ? 1 : operator.startsWith("<") ? -1 : 0;
}

function conjuncts(expression: Expression): Expression[] {
  if (expression.type !== "logic" || expression.operator !== "and") return [expression];
  return [...conjuncts(expression.left), ...conjuncts(expression.right)];
}

function holds(expression: Expression, lookup: Lookup): boolean {
  return evaluateTruth(expression, lookup).cells.every(cell => cell.value);
}

function isInterval(expression: Expression): boolean {
  return expression.type === "call" && expression.name === "ci";
}

function isConstant(expression: Expression): boolean {
  switch (expression.type) {
    case "number":
      return true;
    case "negate":
      return isConstant(expression.of);
    case "arithmetic":
      return isConstant(expression.left) && isConstant(expression.right);
    case "metric":
    case "call":
    case "compare":
    case "logic":
    case "not":
      return false;
  }
}
