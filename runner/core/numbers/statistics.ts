import { studentQuantile } from "./student.js";

/** A mean over repeats, with the half-width of its two-sided interval; null where one repeat has none. */
export interface Estimate {
  readonly mean: number;
  readonly half: number | null;
  readonly n: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Mean of `values` with its t-interval at `confidence`: mean ± t(1 - alpha/2, n - 1) s / sqrt(n), which holds
 * for few repeats if they are independent and near normal. `values` is not empty (RangeError).
 */
export function estimate(values: readonly number[], confidence = 0.95): Estimate {
  const n = values.length;
  if (n === 0) throw new RangeError("an estimate needs at least one value");
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  // The mean of equal values must be that value, whatever the rounding of their sum.
  const mean = min === max ? min : sum / n;
  if (n === 1) return { mean, half: null, n, min, max };
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const half = quantile(1 - (1 - confidence) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, half, n, min, max };
}

/** Reports ask for the same few quantiles over and over. */
const known = new Map<string, number>();

function quantile(p: number, df: number): number {
  const name = `${p} ${df}`;
  let value = known.get(name);
  if (value === undefined) known.set(name, (value = studentQuantile(p, df)));
  return value;
}
