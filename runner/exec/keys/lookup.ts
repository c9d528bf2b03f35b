import type { StepRecord } from "../../core/record.js";
import type { Store } from "../../store/store.js";

/**
 * Finds what a key produced, from any past run. A record counts only if each of its outputs is whole; otherwise
 * it is reported, dropped and made anew.
 */
export async function findResult(
  store: Store,
  key: string,
  report: (message: string) => void,
): Promise<StepRecord | undefined> {
  const record = store.records.get(key);
  if (record === undefined) {
    const why = store.records.unusable(key);
    if (why !== undefined)
      report(`the record of ${key.slice(0, 12)} ${why}: what it told of will be made again`);
    return undefined;
  }
  for (const [name, ref] of Object.entries(record.outputs)) {
    const health = await store.objects.heal(ref);
    if (health === "whole") continue;
    report(
      `${record.id}.${name} is ${health} in the store (${ref.digest.slice(0, 12)}): dropped, it will be made again`,
    );
    if (health === "damaged") await store.objects.drop(ref);
    store.records.drop(key);
    return undefined;
  }
  return record;
}
