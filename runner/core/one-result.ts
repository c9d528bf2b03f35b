/** A step instance and its key; null where it has none. */
export interface Keyed {
  readonly id: string;
  readonly key: string | null;
}

/** The instances of each key that several of them share: they are one result, and no independent repetitions. */
export function oneResults(instances: Iterable<Keyed>): string[][] {
  const byKey = new Map<string, Set<string>>();
  for (const { id, key } of instances) {
    if (key === null) continue;
    const ids = byKey.get(key);
    if (ids === undefined) byKey.set(key, new Set([id]));
    else ids.add(id);
  }
  return [...byKey.values()].filter(ids => ids.size > 1).map(ids => [...ids]);
}

/** `probe[seed=0] and probe[seed=1] are one result: counted once` */
export function oneResultText(ids: readonly string[], what = "counted once"): string {
  const named = ids.slice(0, MOST_NAMED);
  const last = ids.length > MOST_NAMED ? `${ids.length - MOST_NAMED} more` : (named.pop() ?? "");
  return `${named.join(", ")} and ${last} are one result: ${what}`;
}

const MOST_NAMED = 4;
