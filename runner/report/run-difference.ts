import { byCodeUnit } from "../core/json.js";
import { programFacts } from "../cache/program-facts.js";
import { sameQuantity } from "../core/numbers/quantity.js";
import type { Fingerprint, Outcome, RunRecord, RunStep, StepResult } from "../core/record.js";
import { flattenedText } from "./model.js";

/** Two runs side by side; what is equal is left out, but for metrics, whose equality is news. */
export interface RunDiff {
  readonly runs: readonly [RunRecord, RunRecord];
  readonly params: readonly Change[];
  readonly environment: readonly Change[];
  /** Steps in the second run's order, then those that only the first has. */
  readonly steps: readonly StepDiff[];
  /** Steps whose key is the same in both. */
  readonly same: number;
}

/** A value by name, in words; null where that run has none. */
export interface Change {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface StepDiff {
  readonly id: string;
  /** Whether the run that lacks the step did not select it, though its pipeline had it. */
  readonly leftOut: boolean;
  readonly outcomes: readonly [Outcome | null, Outcome | null];
  /** Whether both have the same key, which means the same result. */
  readonly sameKey: boolean;
  /** What of the key's making differs: options, inputs, code, environment, engine. */
  readonly changes: readonly Change[];
  readonly metrics: readonly MetricChange[];
}

export interface MetricChange {
  readonly name: string;
  readonly before: number | null;
  readonly after: number | null;
}

export interface PastRun {
  readonly run: RunRecord;
  readonly results: readonly StepResult[];
}

/** Pure: compares records by step id. A step whose key is the same is listed only if its metrics are not. */
export function diffRuns(before: PastRun, after: PastRun): RunDiff {
  const old = new Map(before.results.map(result => [result.step.id, result]));
  const now = new Map(after.results.map(result => [result.step.id, result]));
  const ids = [...now.keys(), ...[...old.keys()].filter(id => !now.has(id))];
  const all = ids.map(id => {
    const [was, is] = [old.get(id), now.get(id)];
    const lacking = was === undefined ? before.run : is === undefined ? after.run : undefined;
    return stepDiff(id, was, is, lacking !== undefined && isLeftOut(lacking, (was ?? is)?.step));
  });
  return {
    runs: [before.run, after.run],
    params: changes(flattenedText(before.run.params), flattenedText(after.run.params)),
    environment: changes(flattenedText(before.run.environment), flattenedText(after.run.environment)),
    steps: all.filter(
      step => !step.sameKey || step.metrics.some(metric => !sameQuantity(metric.before, metric.after)),
    ),
    same: all.filter(step => step.sameKey).length,
  };
}

function isLeftOut({ leftOut }: RunRecord, step: RunStep | undefined): boolean {
  if (leftOut === undefined || step === undefined) return false;
  return leftOut.steps.includes(step.step) || leftOut.instances.some(({ id }) => id === step.id);
}

function stepDiff(
  id: string,
  before: StepResult | undefined,
  after: StepResult | undefined,
  leftOut: boolean,
): StepDiff {
  const [oldKey, newKey] = [before?.step.key ?? null, after?.step.key ?? null];
  const [oldPrint, newPrint] = [before?.record?.fingerprint, after?.record?.fingerprint];
  return {
    id,
    leftOut,
    outcomes: [before?.step.outcome ?? null, after?.step.outcome ?? null],
    sameKey: oldKey !== null && oldKey === newKey,
    // Of a step that one run lacks everything would differ: that it is lacking says it all.
    changes:
      oldPrint === undefined || newPrint === undefined ? [] : changes(facts(oldPrint), facts(newPrint)),
    metrics: metricChanges(before?.record?.metrics ?? {}, after?.record?.metrics ?? {}),
  };
}

/** Everything that a key is made of, by name. */
function facts(print: Fingerprint): [string, string][] {
  const { kind, code, with: options, inputs, env, numeric } = print;
  return [
    ...programFacts(print),
    ["kind", kind],
    ...flattenedText(options).map(([name, value]): [string, string] => [`with.${name}`, value]),
    ...inputs.map(({ role, label, path, digest }): [string, string] => [
      ["input", role, ...(label === "" ? [] : [`[${label}]`]), ...(path === "" ? [] : [path])].join(" "),
      digest.slice(0, 12),
    ]),
    ...Object.entries(env).map(([name, value]): [string, string] => [`env ${name}`, value ?? "(not set)"]),
    ...Object.entries(code).map(([name, digest]): [string, string] => [`code ${name}`, digest.slice(0, 12)]),
    ...(numeric === "" ? [] : [["engine", numeric] as [string, string]]),
  ];
}

function changes(
  before: readonly (readonly [string, string])[],
  after: readonly (readonly [string, string])[],
): Change[] {
  const [old, now] = [new Map(before), new Map(after)];
  return union(old.keys(), now.keys())
    .map(name => ({ name, before: old.get(name) ?? null, after: now.get(name) ?? null }))
    .filter(change => change.before !== change.after);
}

function metricChanges(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): MetricChange[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return union(old.keys(), now.keys()).map(name => ({
    name,
    before: old.get(name) ?? null,
    after: now.get(name) ?? null,
  }));
}

function union(a: Iterable<string>, b: Iterable<string>): string[] {
  return [...new Set([...a, ...b])].sort(byCodeUnit);
}
