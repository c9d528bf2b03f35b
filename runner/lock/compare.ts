import type { Difference } from "../cache/difference.js";
import { differenceText } from "../cache/difference-text.js";
import { differences } from "../cache/differences.js";
import { canonicalJson } from "../cache/canonical.js";
import type { JsonObject } from "../core/json.js";
import type { Labels } from "../core/labels.js";
import { sameQuantity } from "../core/numbers/quantity.js";
import type { StepResult } from "../core/record.js";
import { type Lock, type LockedStep, whatCounts } from "./lock.js";

/** Where a run departs from a lock, and why. Null: nowhere. */
export interface LockComparison {
  readonly ok: boolean;
  /** Instances whose every byte is that of the lock. */
  readonly same: number;
  readonly total: number;
  /** The first step, in the order of the graph, that wrote other bytes. */
  readonly bytes: Departure | null;
  /** The first step with a metric beyond its tolerance. */
  readonly metrics: MetricDeparture | null;
  /** What is wrong, each with its cause, first things first. */
  readonly faults: readonly string[];
  /** What differs and may. */
  readonly notes: readonly string[];
}

export interface Departure {
  readonly id: string;
  readonly outputs: readonly string[];
  /** What differs in what the step was made from; none: nothing that is known of. */
  readonly because: readonly string[];
}

export interface MetricDeparture {
  readonly id: string;
  readonly metric: string;
  readonly locked: number | null;
  readonly now: number | null;
  readonly allowed: number;
  /** What differs in what the step itself was made from; none: nothing, or only what came before it. */
  readonly because: readonly string[];
}

export interface CompareOptions {
  readonly environment: JsonObject;
  /** What an expectation allows a metric of a step instance to be off, in the metric's unit; undefined: nothing said. */
  readonly allowance: (step: string, labels: Labels, metric: string, locked: number) => number | undefined;
  /** The run is of the whole pipeline: steps of the lock that it lacks are missing. */
  readonly whole: boolean;
}

/**
 * Holds results, in the order of the graph, against a lock. Another question (options, data, commands, declared
 * variables) with another answer is never a reproduction. Another engine may give other bytes, and its metrics are
 * judged where an expectation gives a tolerance; other code, and steps that are not labelled exact, may give other
 * bytes whose metrics agree, to the tolerance if there is one.
 */
export function compareWithLock(
  lock: Lock,
  results: readonly StepResult[],
  options: CompareOptions,
): LockComparison {
  const faults: string[] = [];
  const notes: string[] = [];
  let [same, bytes, metrics]: [number, Departure | null, MetricDeparture | null] = [0, null, null];
  const sameMachine = machine(lock.environment) === machine(options.environment);
  const engines = new Set(results.flatMap(({ record }) => record?.fingerprint.numeric ?? []));
  const sameEngine = [...engines].every(engine => engine === "" || lock.engines.includes(engine));

  for (const { step, record } of results) {
    const locked = lock.steps.get(step.id);
    if (locked === undefined) {
      faults.push(`${step.id} is not in the lock`);
      continue;
    }
    // That it has no result is reported as a failure of the run.
    if (record === null) continue;
    const found = ownDifferences(locked, record);
    const because = found.map(differenceText);
    const other = otherOutputs(locked, record.outputs);
    if (other.length === 0) same++;
    else {
      bytes ??= { id: step.id, outputs: other, because };
      const asked = found.filter(({ what }) => QUESTION.has(what));
      const text = `${step.id} has other bytes in ${other.join(", ")}`;
      if (asked.length > 0) faults.push(`${text}: ${asked.map(differenceText).join("; ")}`);
      else if (found.length > 0) notes.push(`${text}: ${because.join("; ")}`);
      else if (record.key !== locked.key)
        continue; // What it was made from departed before.
      else if (locked.label === "exact" && sameMachine)
        faults.push(`${text}, although it is labelled exact and nothing that it was made from differs`);
      else notes.push(`${text}: ${UNEXPLAINED}`);
    }
  }

  for (const { step, record } of results) {
    const locked = lock.steps.get(step.id);
    if (locked === undefined || record === null || locked.label === "stochastic") continue;
    const departure = otherMetric(locked, record.metrics, (metric, value) => {
      const allowed = options.allowance(step.step, step.labels, metric, value);
      return allowed ?? (sameEngine ? 0 : Infinity);
    });
    if (departure === null) continue;
    const because = ownDifferences(locked, record).map(differenceText);
    metrics ??= { id: step.id, ...departure, because };
    const { metric, locked: before, now, allowed } = departure;
    const by = allowed === 0 ? "" : ` (allowed: ${allowed})`;
    const why = because.length === 0 ? "" : `: ${because.join("; ")}`;
    faults.push(
      `${step.id} has ${metric} ${now ?? "missing"}, in the lock ${before ?? "missing"}${by}${why}`,
    );
  }

  if (options.whole) {
    const ids = new Set(results.map(({ step }) => step.id));
    for (const id of lock.steps.keys())
      if (!ids.has(id)) faults.push(`${id} of the lock is not in the pipeline`);
  }
  for (const text of environmentNotes(lock.environment, options.environment)) notes.push(text);
  return { ok: faults.length === 0, same, total: results.length, bytes, metrics, faults, notes };
}

export const UNEXPLAINED =
  "nothing in its key differs, so it is not deterministic, or reads something that it does not declare";

/** Differences that make it another experiment, as against the same one computed otherwise. */
const QUESTION: ReadonlySet<Difference["what"]> = new Set([
  "kind",
  "parameter",
  "command",
  "input",
  "file",
  "environment",
]);

const PROGRAM: ReadonlySet<Difference["what"]> = new Set(["program", "package"]);

/** What differs in what a step was made from, but for the bytes that came from other steps. */
function ownDifferences(locked: LockedStep, record: NonNullable<StepResult["record"]>): Difference[] {
  const found = differences(locked.fingerprint, whatCounts(record.fingerprint)).filter(isOwn);
  // A lock from before programs were in keys says nothing of them.
  return locked.fingerprint.programs === undefined ? found.filter(({ what }) => !PROGRAM.has(what)) : found;
}

/** Not that an input has other bytes: that is reported of the step that made them. */
function isOwn({ what, before, after }: Difference): boolean {
  if (what !== "input" || before === null || after === null) return true;
  return withoutDigest(before) !== withoutDigest(after);
}

function withoutDigest(identity: string): string {
  return identity.replace(/[0-9a-f]{64}$/, "");
}

function otherOutputs(locked: LockedStep, now: LockedStep["outputs"]): string[] {
  const names = new Set([...Object.keys(locked.outputs), ...Object.keys(now)]);
  return [...names].filter(name => {
    const [a, b] = [locked.outputs[name], now[name]];
    return a?.digest !== b?.digest || a?.type !== b?.type;
  });
}

function otherMetric(
  { metrics }: LockedStep,
  now: LockedStep["metrics"],
  allowance: (metric: string, locked: number) => number,
): Omit<MetricDeparture, "id" | "because"> | null {
  for (const metric of new Set([...Object.keys(metrics), ...Object.keys(now)])) {
    const [before = null, after = null] = [metrics[metric], now[metric]];
    if (before === null || after === null) return { metric, locked: before, now: after, allowed: 0 };
    if (sameQuantity(before, after)) continue;
    const allowed = allowance(metric, before);
    const off = Math.abs(after - before);
    if (
      !(off <= allowed + 8 * Number.EPSILON * Math.max(Math.abs(before), allowed === Infinity ? 0 : allowed))
    )
      return { metric, locked: before, now: after, allowed };
  }
  return null;
}

/** What may make the bytes of an undeclared dependence differ. */
function machine({ platform, cpu }: JsonObject): string {
  return canonicalJson([platform ?? null, cpu ?? null]);
}

function environmentNotes(before: JsonObject, now: JsonObject): string[] {
  return ["vistas", "node", "platform", "cpu"].flatMap(name => {
    const [a, b] = [before[name], now[name]];
    if (typeof a !== "string" || typeof b !== "string" || a === b) return [];
    return [`${name}: ${a} in the lock, ${b} here`];
  });
}
