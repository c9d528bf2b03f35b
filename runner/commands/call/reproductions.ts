import { join } from "node:path";
import type { Expectation } from "../../claims/expectation.js";
import { checkAll } from "../../claims/check.js";
import type { Check } from "../../claims/finding.js";
import { type Measured, Results } from "../../claims/result-lookup.js";
import { isObject, type Json } from "../../core/json.js";
import { jsonText, quantityOf } from "../../core/numbers/quantity.js";
import type { StepResult } from "../../core/record.js";
import type { Graph, SkippedNode } from "../../pipeline/graph/graph.js";
import type { Lock } from "../../lock/lock.js";
import type { Reproduction } from "../../report/verdict/reproduction.js";
import { readEnvelope, writeEnvelope } from "../../store/records/envelope.js";
import { isReproductionShape } from "../../store/records/shape.js";
import { paths } from "../../store/paths.js";
import type { Store } from "../../store/store.js";

/** Remembers what a run was held against, for its report. */
export function keepReproduction(store: Store, reproduction: Reproduction): void {
  writeEnvelope(store.disk, fileOf(store, reproduction.run), JSON.parse(jsonText(reproduction)));
}

export function reproductionOf(store: Store, run: string): Reproduction | undefined {
  const body = readEnvelope(store.disk, fileOf(store, run));
  if (!isObject(body) || body["format"] !== 1 || body["run"] !== run || !isReproductionShape(body))
    return undefined;
  const reproduction = body as unknown as Reproduction;
  return { ...reproduction, checks: reproduction.checks.map(withNumbers) };
}

/**
 * KeyLocks every expectation against a run's results. Instances of the graph that it lacks were not selected. `lock`: what
 * has the published values; `this`: the run is about to be that.
 */
export function checkResults(
  expect: readonly Expectation[],
  graph: Graph,
  results: readonly StepResult[],
  lock: Lock | "this" | undefined,
): Check[] {
  const measured = measuredIn(graph, results);
  return checkAll(expect, measured, lock === "this" ? measured : lock && lockedIn(graph, lock));
}

function measuredIn(graph: Graph, results: readonly StepResult[]): Results {
  const byId = new Map(results.map(result => [result.step.id, result]));
  const instances = graph.nodes.map(({ id, step, labels }): Measured => {
    const found = byId.get(id);
    const record = found?.record ?? null;
    // A step that ended well, but whose record is gone, has nothing to show for it.
    const outcome = found === undefined ? "unselected" : found.step.outcome;
    const [engine = ""] = (record?.fingerprint.numeric ?? "").split(" ");
    const { key = null, metrics = {}, metricsFault } = record ?? {};
    return { step, labels, outcome, key, metrics, metricsFault, engine };
  });
  return new Results([...instances, ...graph.skipped.map(notMeasured)]);
}

/** A claim about what is left out holds of the rest alone, and says so. */
function notMeasured({ step, labels, reason }: SkippedNode): Measured {
  return { step, labels, outcome: "left out", key: null, metrics: {}, metricsFault: reason, engine: "" };
}

function lockedIn(graph: Graph, { steps }: Lock): Results {
  const instances = graph.nodes.map(({ id, step, labels }): Measured => {
    const found = steps.get(id);
    const outcome = found === undefined ? "unselected" : "ran";
    return { step, labels, outcome, key: found?.key ?? null, metrics: found?.metrics ?? {}, engine: "" };
  });
  return new Results([...instances, ...graph.skipped.map(notMeasured)]);
}

/** A check as it was before it was written as JSON, which has no NaN. */
function withNumbers(check: Check): Check {
  const { actual, interval } = check;
  const read = <T extends Json>(value: T): T | number => quantityOf(value) ?? value;
  return { ...check, actual: read(actual), interval: interval && [read(interval[0]), read(interval[1])] };
}

function fileOf(store: Store, run: string): string {
  return join(store.root, paths.reproduction(run));
}
