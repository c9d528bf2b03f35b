import { instanceId, labelText, type Labels } from "../core/labels.js";
import { type Keyed, oneResults, oneResultText } from "../core/one-result.js";
import type { StepResult } from "../core/record.js";
import { type Estimate, estimate } from "../core/numbers/statistics.js";
import { number, withInterval } from "../ui/quantities.js";

/** A step instance with its metrics: a `StepResult`, a step-end event or a record can each be seen as one. */
export interface MetricSource {
  readonly step: string;
  /** Of its result; null where that is not known. Instances of one key are one result. */
  readonly key: string | null;
  readonly kind: string;
  readonly labels: Labels;
  readonly metrics: Readonly<Record<string, number>>;
  /** Names of metrics that are the last point of a curve. */
  readonly followed?: ReadonlySet<string>;
}

/** The metrics of all steps of one kind: what can stand side by side. */
export interface MetricTable {
  readonly kind: string;
  /** In the order recorded, but for those followed along a curve, which say less of the result: they come last. */
  readonly metrics: readonly string[];
  readonly rows: readonly MetricRow[];
  /** What must be said of instances that are one result, and count once. */
  readonly notices: readonly string[];
}

/** A step at one point of its factors, its repeats summed up. */
export interface MetricRow {
  readonly step: string;
  /** `encoder`, or `encoder sigma=0.3` where the step has axes that are not repeats. */
  readonly name: string;
  readonly factors: Labels;
  readonly cells: ReadonlyMap<string, MetricCell>;
}

export interface MetricCell {
  readonly estimate: Estimate;
  /** Each repeat's value; labels of one result stand together. */
  readonly values: readonly { readonly label: string; readonly value: number }[];
  /** An interval that the step itself gave, as `NAME.low` and `NAME.high`; these are then no metrics of their own. */
  readonly bounds: readonly [low: number, high: number] | null;
}

/** `0.8123 ± 0.0041` over repeats, or `-0.0012 [-0.0061, 0.0037]` where the step gave the interval. */
export function cellText({ estimate: { mean, half }, bounds }: MetricCell): string {
  if (bounds === null) return withInterval(mean, half);
  return `${number(mean)} [${number(bounds[0])}, ${number(bounds[1])}]`;
}

/**
 * An axis of repeats (`seed`, `fold`, ...): its instances are samples of one quantity, and a mean over them means
 * something. Any other axis (`sigma`, `dataset`) is a factor, and each of its values a row of its own: a mean over
 * those would hide what the sweep is for.
 */
export function isRepeat(axis: string): boolean {
  return /^(?:.*[-_])?(?:seed|repeat|replicate|repetition|trial|fold)s?$/i.test(axis);
}

/** The two parts of a point on the axes. */
export function splitLabels(labels: Labels): { repeats: Labels; factors: Labels } {
  const entries = Object.entries(labels);
  return {
    repeats: Object.fromEntries(entries.filter(([axis]) => isRepeat(axis))),
    factors: Object.fromEntries(entries.filter(([axis]) => !isRepeat(axis))),
  };
}

/** `encoder`, or `encoder sigma=0.3`. */
export function rowName(step: string, factors: Labels): string {
  const text = labelText(factors);
  return text === "" ? step : `${step} ${text.replaceAll(",", " ")}`;
}

/** Tables by kind and rows by step, both in order of first appearance. */
export function metricTables(sources: Iterable<MetricSource>): MetricTable[] {
  const tables = new Map<
    string,
    { metrics: Set<string>; followed: Set<string>; rows: Map<string, Gathering>; instances: Keyed[] }
  >();
  for (const { step, key, kind, labels, metrics, followed } of sources) {
    const entries = Object.entries(metrics);
    if (entries.length === 0) continue;
    const { repeats, factors } = splitLabels(labels);
    const table = getOr(tables, kind, () => ({
      metrics: new Set<string>(),
      followed: new Set<string>(),
      rows: new Map<string, Gathering>(),
      instances: [],
    }));
    // Unlike steps may share a key: no reader takes them for repeats of each other.
    table.instances.push({ id: instanceId(step, labels), key: key && `${step} ${key}` });
    const name = rowName(step, factors);
    const row = getOr(table.rows, name, () => ({ step, name, factors, values: new Map<string, Value[]>() }));
    for (const [metric, value] of entries) {
      (followed?.has(metric) === true ? table.followed : table.metrics).add(metric);
      getOr(row.values, metric, () => []).push({ label: labelText(repeats), value, key });
    }
  }
  return [...tables].map(([kind, { metrics, followed, rows, instances }]) => {
    const summarised = [...rows.values()].map(summary);
    const shown = new Set(summarised.flatMap(row => [...row.cells.keys()]));
    const names = [...new Set([...metrics, ...followed])].filter(name => shown.has(name));
    return {
      kind,
      metrics: names,
      rows: summarised,
      notices: oneResults(instances).map(ids => oneResultText(ids)),
    };
  });
}

/** A run's results as sources; a kind name for commands would put unlike programs in one table, so these go by step. */
export function metricSources(results: Iterable<StepResult>): MetricSource[] {
  const sources: MetricSource[] = [];
  for (const { step, record } of results) {
    if (record === null) continue;
    const kind = step.kind === "run" ? step.step : step.kind;
    const { metrics, curves } = record;
    sources.push({
      step: step.step,
      key: step.key,
      kind,
      labels: step.labels,
      metrics,
      followed: new Set(Object.keys(curves)),
    });
  }
  return sources;
}

type Value = MetricCell["values"][number] & Pick<MetricSource, "key">;
interface Gathering extends Omit<MetricRow, "cells"> {
  readonly values: Map<string, Value[]>;
}

function summary({ values, ...row }: Gathering): MetricRow {
  const single = (name: string): number | undefined => {
    const list = together(values.get(name) ?? []);
    return list.length === 1 ? list[0]?.value : undefined;
  };
  const folded = new Set<string>();
  const cells = [...values].map(([metric, all]): [string, MetricCell] => {
    const list = together(all);
    const [low, high] = [single(`${metric}.low`), single(`${metric}.high`)];
    const bounds =
      list.length === 1 && low !== undefined && high !== undefined ? ([low, high] as const) : null;
    if (bounds !== null) folded.add(`${metric}.low`).add(`${metric}.high`);
    return [metric, { estimate: estimate(list.map(({ value }) => value)), values: list, bounds }];
  });
  return { ...row, cells: new Map(cells.filter(([metric]) => !folded.has(metric))) };
}

/** The values of a row, those of one result together: its labels are no repeats. */
function together(values: readonly Value[]): MetricCell["values"] {
  const byKey = new Map<string, { label: string; value: number }>();
  for (const [i, { label, value, key }] of values.entries()) {
    const name = key ?? `${i}`;
    const earlier = byKey.get(name);
    byKey.set(
      name,
      earlier === undefined ? { label, value } : { ...earlier, label: `${earlier.label} = ${label}` },
    );
  }
  return [...byKey.values()];
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
