import type { RunRecord, RunStep, StepResult } from "../core/record.js";
import { variationText } from "../store/records/result-id.js";
import type { Store } from "../store/store.js";

/** A run's steps beside what their keys produced, without asking after the files. */
export function runResults(store: Store, run: RunRecord): StepResult[] {
  return run.steps.map(step => ({ step, record: recordOf(store, step), paths: {} }));
}

/** The same with the places of the artifacts; damaged or vanished ones are left out. */
export async function withPaths(store: Store, results: readonly StepResult[]): Promise<StepResult[]> {
  const found: StepResult[] = [];
  for (const { step, record } of results) {
    const paths: Record<string, string> = {};
    for (const [name, ref] of Object.entries(record?.outputs ?? {})) {
      if ((await store.objects.heal(ref)) === "whole") paths[name] = store.objects.path(ref);
    }
    const variation = record === null ? undefined : variationText(record, store.records.others(record));
    found.push({ step, record, paths, ...(variation === undefined ? {} : { variation }) });
  }
  return found;
}

export async function stepResult(store: Store, step: RunStep): Promise<StepResult> {
  const [result] = await withPaths(store, [{ step, record: recordOf(store, step), paths: {} }]);
  return result ?? { step, record: null, paths: {} };
}

/** The very result that the run had, be it reused still or not. */
export function recordOf(store: Store, { outcome, key, result }: RunStep): StepResult["record"] {
  const finished = outcome === "ran" || outcome === "cached";
  return finished && key !== null ? (store.records.of(key, result) ?? null) : null;
}
