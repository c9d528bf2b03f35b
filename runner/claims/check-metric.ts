import { estimate } from "../core/numbers/statistics.js";
import type { Finding } from "./finding.js";
import type { MetricExpectation, Tolerance } from "./expectation.js";
import type { MetricRef } from "./language/ast.js";
import { distinct } from "./language/field.js";
import type { Results } from "./result-lookup.js";
import { few } from "./words.js";
import { Unanswerable } from "./statistics/answer.js";

/**
 * Holds a metric, or its mean over axes, against a value; `published`: where one that is `locked` is taken from. Throws
 * `Unanswerable`.
 */
export function checkMetric(
  expectation: MetricExpectation,
  results: Results,
  published: Results | undefined,
): Finding {
  const { metric, engines } = expectation;
  const engine = results.engineOf(metric);
  const own = Object.hasOwn(engines, engine) ? engines[engine] : undefined;
  const { value: stated, tolerance } = { ...expectation, ...own };
  const value = stated === "locked" ? lockedMean(metric, published) : stated;
  const values = valuesOf(metric, results);
  const { mean, half, n } = estimate(values);
  const allowed = allowance(tolerance, value, values);
  const off = Math.abs(mean - value);
  const ok = within(off, allowed, value);
  const way = off === 0 ? "as expected" : `${few(off)} ${mean > value ? "above" : "below"}`;
  return {
    ...{ expected: value, actual: mean, tolerance: allowed, n, p: null, ok },
    wanted: [value - allowed, value + allowed],
    interval: half === null ? null : [mean - half, mean + half],
    level: half === null ? null : 0.95,
    note: [
      ok ? way : `${way}: ${few(off - allowed)} more than its tolerance`,
      ...(stated === "locked" ? ["the value is the lock's"] : []),
      ...(own === undefined ? [] : [`expected of ${engine}`]),
    ].join("; "),
  };
}

/** One value a result: several labels of one result are no repetitions. */
function valuesOf(metric: MetricRef, results: Results): number[] {
  return distinct(results.lookup(metric).cells).map(cell => cell.value);
}

function lockedMean(metric: MetricRef, published: Results | undefined): number {
  if (published === undefined)
    throw new Unanswerable("there is no lock to take its value from: `--update` makes it");
  try {
    return estimate(valuesOf(metric, published)).mean;
  } catch (error) {
    if (error instanceof Unanswerable) throw new Unanswerable(`in the lock, ${error.message}`);
    throw error;
  }
}

/** A tolerance in the metric's unit. Throws `Unanswerable` where one value alone has no standard error. */
export function allowance({ unit, amount }: Tolerance, value: number, values: readonly number[]): number {
  if (unit === "absolute") return amount;
  if (unit === "relative") return amount * Math.abs(value);
  const { mean, n } = estimate(values);
  if (n < 2) throw new Unanswerable("n = 1 has no standard error to count the tolerance in");
  return amount * Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1) / n);
}

/** Decimals such as 0.85 and 0.84 are not 0.01 apart in binary: rounding of the last digits is forgiven. */
export function within(off: number, allowed: number, value: number): boolean {
  return off <= allowed + 8 * Number.EPSILON * Math.max(Math.abs(value), allowed);
}
