import { labelText } from "../core/labels.js";
import type { Finding } from "./finding.js";
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
import { distinct } from "./language/field.js";
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
    const negated = parts.map(part => `not ${that.slice(part.span.start, part.span.end)}`);
    const all = [...(parts.length > 1 || parts[0] !== expression ? negated : []), ...where];
    return { ...base, actual: ok, n: distinct(truths.cells).length, note: ok ? "holds" : all.join("; ") };
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

/**
 * What a single inequality or range (`a < x < b`) is about: its measured side, or the difference of its sides; of several
 * values the worst.
 */
function quantityOf(expression: Expression, lookup: Lookup): Quantity | undefined {
  if (expression.type !== "compare") return undefined;
  const { terms, operators, span } = expression;
  const directions = new Set(operators.map(upward));
  const [sign = 0] = directions;
  if (directions.size !== 1 || sign === 0) return undefined;
  // From the least to the greatest, whichever way it is written.
  const [least, middle, greatest, more] = sign < 0 ? terms : [...terms].reverse();
  const bound = (e: Expression): number => evaluateNumber(e, lookup).cells[0]?.value ?? NaN;
  if (least === undefined || middle === undefined || more !== undefined) return undefined;
  if (greatest !== undefined) {
    if (!isConstant(least) || isConstant(middle) || !isConstant(greatest)) return undefined;
    return ofSide(middle, [bound(least), bound(greatest)], lookup);
  }
  if (isConstant(middle)) return ofSide(least, [null, bound(middle)], lookup);
  if (isConstant(least)) return ofSide(middle, [bound(least), null], lookup);
  if (isInterval(least) || isInterval(middle)) return undefined;
  const [left, right] = sign < 0 ? [least, middle] : [middle, least];
  const wanted = sign < 0 ? ([null, 0] as const) : ([0, null] as const);
  return ofSide({ type: "arithmetic", operator: "-", left, right, span }, wanted, lookup);
}

function ofSide(side: Expression, wanted: Quantity["wanted"], lookup: Lookup): Quantity | undefined {
  const [low, high] = wanted;
  const marginOf = ([from, to]: Interval): number =>
    Math.min(low === null ? Infinity : from - low, high === null ? Infinity : high - to);
  if (side.type === "call" && (side.name === "ci" || side.name === "mean")) {
    const inner = evaluateNumber({ ...side, name: "mean" }, lookup).cells;
    const [only] = inner;
    const values = distinct(evaluateNumber(side.of, lookup).cells).map(cell => cell.value);
    if (inner.length !== 1 || only === undefined) return undefined;
    const { value: actual } = only;
    const own = side.name === "ci" ? evaluateInterval(side, lookup).cells[0]?.value : undefined;
    const interval = own ?? (values.length > 1 ? tInterval(values, 0.95) : null);
    const margin = marginOf(own ?? [actual, actual]);
    return { actual, interval, level: interval && side.level, n: values.length, wanted, margin };
  }
  const values = distinct(evaluateNumber(side, lookup).cells).map(cell => cell.value);
  const margins = values.map(value => marginOf([value, value]));
  const margin = Math.min(...margins);
  const actual = values[margins.indexOf(margin)] ?? NaN;
  return { actual, interval: null, level: null, n: values.length, wanted, margin };
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
    case "literal":
    case "metric":
    case "call":
    case "compare":
    case "logic":
    case "not":
      return false;
  }
}
