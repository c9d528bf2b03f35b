import type { StepRecord } from "../../core/record.js";
import type { Store } from "../../store/store.js";

/**
 * Finds what a key produced, from any past run. A record counts only if each of its outputs is whole; otherwise
 * it is reported, dropped and made anew. An output that is `temporary` here may be gone.
 */
export async function findResult(
  store: Store,
  key: string,
  report: (message: string) => void,
  temporary: readonly string[] = [],
): Promise<StepRecord | undefined> {
  const record = store.records.get(key);
  if (record === undefined) {
    const why = store.records.unusable(key);
    if (why !== undefined)
      report(`the record of ${key.slice(0, 12)} ${why}: what it told of will be made again`);
    return undefined;
  }
  for (const [name, ref] of Object.entries(record.outputs)) {
    if (ref.temporary !== undefined) {
      // To be kept from now on, it is made again.
      if (!temporary.includes(name)) return undefined;
      if ((await store.objects.check(ref)) === "damaged") await store.objects.drop(ref);
      continue;
    }
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

/** Names of temporary outputs of a result that are not there. */
export async function goneOutputs(store: Store, { outputs }: Pick<StepRecord, "outputs">): Promise<string[]> {
  const gone: string[] = [];
  for (const [name, ref] of Object.entries(outputs))
    if (ref.temporary !== undefined && (await store.objects.check(ref)) !== "whole") gone.push(name);
  return gone;
}
