import type { RunRecord, RunStep, StepResult } from "../core/record.js";
import type { Store } from "../store/store.js";

/** A run's steps beside what their keys produced; damaged or vanished artifacts are left out of `paths`. */
export async function runResults(store: Store, run: RunRecord): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of run.steps) results.push(await stepResult(store, step));
  return results;
}

export async function stepResult(store: Store, step: RunStep): Promise<StepResult> {
  const finished = step.outcome === "ran" || step.outcome === "cached";
  const record = finished && step.key !== null ? (store.records.get(step.key) ?? null) : null;
  const paths: Record<string, string> = {};
  for (const [name, ref] of Object.entries(record?.outputs ?? {})) {
    if ((await store.objects.heal(ref)) === "whole") paths[name] = store.objects.path(ref);
  }
  return { step, record, paths };
}
