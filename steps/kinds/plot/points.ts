import { estimate } from "../../../runner/statistics-api.js";
import type { Label, Labels } from "../../../runner/step-api.js";

/** One report's number and its place on the gathered axes. */
export interface Reading {
  readonly labels: Labels;
  readonly value: number;
  /** An earlier report of the role that is the very same result: no repetition of it. */
  readonly sameAs?: Labels;
}

/** The mean over repeats with its two-sided t-interval, which one repeat alone does not have. */
export interface Point {
  /** Label on the axis; of a line across all of it, what the line is called. */
  readonly at: Label;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly values: readonly number[];
}

/** Readings -> a point a value of the axis, in the order of the axis. Throws for a reading that is not on the axis. */
export function pointsAlong(axis: string, readings: readonly Reading[], level: number): Point[] {
  const groups = new Map<Label, number[]>();
  const seen = new Set<string>();
  for (const { labels, value, sameAs } of readings) {
    const at = labels[axis];
    if (at === undefined) {
      const has = Object.keys(labels).join(", ");
      throw new Error(
        `the reports of 'curve' have no axis '${axis}' (${has === "" ? "none at all" : `they have ${has}`})`,
      );
    }
    // One result at two places of the axis is a point at each of them; at one place it counts once.
    const result = JSON.stringify([at, sameAs ?? labels]);
    if (seen.has(result)) continue;
    seen.add(result);
    const group = groups.get(at);
    if (group === undefined) groups.set(at, [value]);
    else group.push(value);
  }
  return [...groups].map(([at, values]) => pointOf(at, values, level));
}

/** The mean of `values` (at least one), and its interval mean +- t(n - 1) s / sqrt(n) (Student 1908). */
export function pointOf(at: Label, values: readonly number[], level: number): Point {
  const { mean, half } = estimate(values, level);
  return {
    at,
    mean,
    low: half === null ? null : mean - half,
    high: half === null ? null : mean + half,
    values,
  };
}
