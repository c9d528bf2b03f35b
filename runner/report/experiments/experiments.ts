import { flattened, type Json } from "../../core/json.js";
import { instanceId, type Labels } from "../../core/labels.js";
import { estimate } from "../../core/numbers/statistics.js";
import type { Revision, RunRecord, RunStep, StepRecord } from "../../core/record.js";

/** A result that remembered runs had; or, with repeats taken together, the results of one run that differ in repeats alone. */
export interface Experiment {
  readonly step: string;
  readonly kind: string;
  /** Without the axes that are taken together. */
  readonly labels: Labels;
  /** Params by dotted name: those that had one value in all runs with this result. Of others the result does not depend. */
  readonly params: Readonly<Record<string, Json>>;
  readonly metrics: Readonly<Record<string, Measured>>;
  /** Results taken together; instances of one key are one. */
  readonly n: number;
  readonly keys: readonly string[];
  /** ISO 8601: when its last result was made. */
  readonly date: string;
  /** The run that made it; of a result from before the remembered runs, the earliest that had it. */
  readonly run: string;
  /** Of the project when it was made; undefined where that is not known. */
  readonly revision: Revision | undefined;
}

export interface Measured {
  readonly mean: number;
  /** With n - 1; null of one result. */
  readonly sd: number | null;
  /** Half-width of the 95 % t-interval of the mean; null of one result. */
  readonly half: number | null;
  readonly n: number;
}

export interface ExperimentOptions {
  /** Whether an instance is wanted. */
  readonly selects: (step: RunStep) => boolean;
  /** Axes along which the results of one run are taken together. */
  readonly group: readonly string[];
  readonly recordOf: (step: RunStep) => StepRecord | null;
}

/** The experiments of runs, newest first as the runs are. Steps without metrics are left out. */
export function experimentsOf(runs: Iterable<RunRecord>, options: ExperimentOptions): readonly Experiment[] {
  const found = new Map<string, Gathering>();
  for (const run of runs) {
    const params = new Map(flattened(run.params));
    for (const [id, steps] of grouped(run, options)) {
      const results = new Map(steps.map(step => [`${step.key ?? ""} ${step.result ?? ""}`, step]));
      const name = `${id} ${[...results.keys()].sort().join()}`;
      const earlier = found.get(name);
      if (earlier === undefined)
        found.set(name, { steps: [...results.values()], params: new Map(params), run });
      else {
        for (const [param, value] of earlier.params)
          if (JSON.stringify(params.get(param)) !== JSON.stringify(value)) earlier.params.delete(param);
        found.set(name, { ...earlier, steps: [...results.values()], run });
      }
    }
  }
  return [...found.values()].flatMap(one => experiment(one, options));
}

interface Gathering {
  /** Of `run`. */
  readonly steps: readonly RunStep[];
  readonly params: Map<string, Json>;
  /** The earliest run so far that had it. */
  readonly run: RunRecord;
}

function grouped(
  run: RunRecord,
  { selects, group }: ExperimentOptions,
): ReadonlyMap<string, readonly RunStep[]> {
  const groups = new Map<string, RunStep[]>();
  for (const step of run.steps) {
    if (step.key === null || (step.outcome !== "ran" && step.outcome !== "cached") || !selects(step))
      continue;
    const id = instanceId(step.step, without(step.labels, group));
    const known = groups.get(id);
    if (known === undefined) groups.set(id, [step]);
    else known.push(step);
  }
  return groups;
}

function experiment({ steps, params, run }: Gathering, { group, recordOf }: ExperimentOptions): Experiment[] {
  const records = steps.flatMap(step => recordOf(step) ?? []);
  const [first] = steps;
  const names = new Set(records.flatMap(({ metrics }) => Object.keys(metrics)));
  if (first === undefined || names.size === 0) return [];
  const metrics = [...names].map((name): [string, Measured] => {
    const values = records.flatMap(record => record.metrics[name] ?? []);
    const { mean, half, n } = estimate(values);
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [name, { mean, half, n, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : null }];
  });
  return [
    {
      ...{ step: first.step, kind: first.kind, labels: without(first.labels, group) },
      ...{ params: Object.fromEntries(params), metrics: Object.fromEntries(metrics), n: records.length },
      keys: steps.flatMap(({ key }) => key ?? []),
      date: records.reduce((latest, { finished }) => (finished > latest ? finished : latest), ""),
      run: run.id,
      // A result that this run only had was made under another commit.
      revision: steps.some(({ outcome }) => outcome === "ran") ? run.revision : undefined,
    },
  ];
}

/** Params that are not the same in all experiments: the others say nothing of what makes the difference. */
export function differingParams(experiments: readonly Experiment[]): readonly string[] {
  const values = new Map<string, Set<string>>();
  for (const { params } of experiments)
    for (const [name, value] of Object.entries(params))
      values.set(name, (values.get(name) ?? new Set()).add(JSON.stringify(value)));
  return [...values].filter(([, set]) => set.size > 1).map(([name]) => name);
}

function without(labels: Labels, axes: readonly string[]): Labels {
  if (axes.length === 0) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([axis]) => !axes.includes(axis)));
}
