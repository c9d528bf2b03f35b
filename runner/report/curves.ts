import { labelText } from "../core/labels.js";
import type { Curve, StepResult } from "../core/record.js";
import { rowName, splitLabels } from "./metrics.js";

/** The curves of one name over all steps of a kind, to be drawn on common axes. */
export interface Chart {
  readonly kind: string;
  readonly metric: string;
  readonly series: readonly Series[];
}

/** A step at one point of its factors; one line for each repeat. */
export interface Series {
  readonly name: string;
  readonly lines: readonly { readonly label: string; readonly points: Curve }[];
  /** Mean, least and greatest over the lines, where several share their places; else empty. */
  readonly mean: readonly {
    readonly at: number;
    readonly mean: number;
    readonly min: number;
    readonly max: number;
  }[];
}

/** Charts in order of first appearance. Points that are not finite are left out, and curves of fewer than two. */
export function charts(results: Iterable<StepResult>): Chart[] {
  const found = new Map<
    string,
    { kind: string; metric: string; series: Map<string, Series["lines"][number][]> }
  >();
  for (const { step, record } of results) {
    if (record === null) continue;
    const kind = step.kind === "run" ? step.step : step.kind;
    const { repeats, factors } = splitLabels(step.labels);
    for (const [metric, curve] of Object.entries(record.curves)) {
      const finite = curve.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value));
      if (finite.length < 2) continue;
      const name = JSON.stringify([kind, metric]);
      const chart = found.get(name) ?? { kind, metric, series: new Map<string, Series["lines"][number][]>() };
      found.set(name, chart);
      const row = rowName(step.step, factors);
      const lines = chart.series.get(row) ?? [];
      chart.series.set(row, lines);
      lines.push({ label: labelText(repeats), points: thinned(finite) });
    }
  }
  return [...found.values()].map(({ kind, metric, series }) => ({
    kind,
    metric,
    series: [...series].map(([name, lines]) => ({ name, lines, mean: meanOf(lines) })),
  }));
}

/** More points than this are not seen at the size of a chart. */
const MOST_POINTS = 240;

/** Keeps the least and the greatest point of each stretch, in their order, so that no spike is lost. */
function thinned(curve: Curve): Curve {
  if (curve.length <= MOST_POINTS) return curve;
  const stretch = Math.ceil(curve.length / (MOST_POINTS / 2));
  const kept: Curve[number][] = [];
  for (let start = 0; start < curve.length; start += stretch) {
    const part = curve.slice(start, start + stretch);
    let [least, greatest] = [0, 0];
    for (const [i, point] of part.entries()) {
      if (point[1] < (part[least]?.[1] ?? Infinity)) least = i;
      if (point[1] > (part[greatest]?.[1] ?? -Infinity)) greatest = i;
    }
    const ends = start + stretch >= curve.length ? [part.length - 1] : [];
    const places = new Set([
      ...(start === 0 ? [0] : []),
      Math.min(least, greatest),
      Math.max(least, greatest),
      ...ends,
    ]);
    for (const i of [...places].sort((a, b) => a - b)) {
      const point = part[i];
      if (point !== undefined) kept.push(point);
    }
  }
  return kept;
}

/** A mean only over places that all lines have: between places nothing is known. */
function meanOf(lines: Series["lines"]): Series["mean"] {
  const [first, ...others] = lines;
  if (first === undefined || others.length === 0) return [];
  const maps = others.map(line => new Map(line.points));
  const mean = first.points.flatMap(([at, value]) => {
    const values = [value];
    for (const map of maps) {
      const other = map.get(at);
      if (other === undefined) return [];
      values.push(other);
    }
    const sum = values.reduce((total, one) => total + one, 0);
    return { at, mean: sum / values.length, min: Math.min(...values), max: Math.max(...values) };
  });
  return mean.length < 2 ? [] : mean;
}
