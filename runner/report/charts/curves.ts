import { labelText } from "../../core/labels.js";
import type { Curve, StepResult } from "../../core/record.js";
import { rowName, splitLabels } from "../metrics.js";

/** The curves of one name over all steps of a kind, to be drawn on common axes. */
export interface Chart {
  readonly kind: string;
  readonly metric: string;
  readonly series: readonly Series[];
}

/** A step at one point of its factors; one line for each repeat. */
export interface Series {
  readonly name: string;
  readonly lines: readonly {
    readonly label: string;
    readonly points: Curve;
    /** The first point that is not finite, which has no place on the chart. */
    readonly odd?: Curve[number];
    /** Where on the axis there are such points, between which and their neighbours no line is drawn. */
    readonly gaps?: readonly number[];
  }[];
  /** Mean, least and greatest over the lines, where several share their places; else empty. */
  readonly mean: readonly Spread[];
}

export interface Spread {
  readonly at: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** Charts in order of first appearance. Curves of fewer than two points that are finite are left out. */
export function charts(results: Iterable<StepResult>): Chart[] {
  const found = new Map<string, { kind: string; metric: string; series: Map<string, Line[]> }>();
  for (const { step, record } of results) {
    if (record === null) continue;
    const kind = step.kind === "run" ? step.step : step.kind;
    const { repeats, factors } = splitLabels(step.labels);
    for (const [metric, curve] of Object.entries(record.curves)) {
      const finite = curve.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value));
      if (finite.length < 2) continue;
      const odds = curve.filter(point => !point.every(Number.isFinite));
      const [odd] = odds;
      const gaps = odds.map(([at]) => at);
      const name = JSON.stringify([kind, metric]);
      const chart = found.get(name) ?? { kind, metric, series: new Map<string, Line[]>() };
      found.set(name, chart);
      const row = rowName(step.step, factors);
      const lines = chart.series.get(row) ?? [];
      chart.series.set(row, lines);
      const label = labelText(repeats);
      // Labels of one result share its line: it is no second repeat.
      const same = step.key === null ? -1 : lines.findIndex(line => line.key === step.key);
      const earlier = lines[same];
      if (earlier === undefined)
        lines.push({ label, points: finite, key: step.key, ...(odd && { odd, gaps }) });
      else lines[same] = { ...earlier, label: `${earlier.label} = ${label}` };
    }
  }
  return [...found.values()].map(({ kind, metric, series }) => ({
    kind,
    metric,
    series: [...series].map(([name, lines]) => ({
      name,
      lines: lines.map(({ label, points, odd, gaps }) => ({
        ...{ label, points: thinned(points) },
        ...(odd && { odd }),
        ...(gaps && { gaps }),
      })),
      // Of the whole curves: thinned ones keep points of their own, and share few places.
      mean: spread(lines),
    })),
  }));
}

type Line = Series["lines"][number] & { readonly key: string | null };

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

/** The values of all lines at a place. */
interface Shared {
  readonly at: number;
  readonly values: readonly number[];
}

/** Only places that all lines have: between places nothing is known. */
function sharedPlaces(lines: Series["lines"]): Shared[] {
  const [first, ...others] = lines;
  if (first === undefined || others.length === 0) return [];
  const maps = others.map(line => new Map(line.points));
  return first.points.flatMap(([at, value]) => {
    const values = [value, ...maps.flatMap(map => map.get(at) ?? [])];
    return values.length === lines.length ? [{ at, values }] : [];
  });
}

/**
 * Mean, least and greatest over the lines. Of more places than can be seen, each line is first averaged over stretches
 * of them, so that the band shows how far the lines lie apart, and not how each of them shakes.
 */
function spread(lines: Series["lines"]): Series["mean"] {
  const places = sharedPlaces(lines);
  if (places.length < 2) return [];
  const stretch = Math.ceil(places.length / (MOST_POINTS / 2));
  const starts = Array.from({ length: Math.ceil(places.length / stretch) }, (_, i) => i * stretch);
  return starts.map(start => {
    const part = places.slice(start, start + stretch);
    const values = lines.map((_, line) => average(part.map(place => place.values[line] ?? NaN)));
    const at = average(part.map(place => place.at));
    return { at, mean: average(values), min: Math.min(...values), max: Math.max(...values) };
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
