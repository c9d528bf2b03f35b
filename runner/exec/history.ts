import { differenceText, nearestPast, type Difference } from "../cache/explain.js";
import type { Fingerprint, StepRecord } from "../core/record.js";
import type { GraphNode } from "../graph/types.js";
import type { Store } from "../store/store.js";

/** How a step's key differs from the nearest one of the past. */
export interface Explanation {
  /** Nothing when no such step ever had a result. */
  readonly past: StepRecord | undefined;
  readonly differences: readonly Difference[];
  /** One line for `plan` and for the terminal. */
  readonly text: string;
}

/** How many runs to look back, and how many of their step instances to look at: enough to explain, bounded in time. */
const RUNS = 50;
const STEPS = 100_000;
const CANDIDATES = 64;

/** Past results, for telling why a step must run. Reads run records only when it is first asked. */
export class History {
  #known: Index | undefined;

  constructor(private readonly store: Store) {}

  explain(node: GraphNode, now: Fingerprint): Explanation {
    const nearest = nearestPast(now, this.#candidates(node, now.kind));
    if (nearest === undefined) return { past: undefined, differences: [], text: "no earlier result" };
    const { past, differences: found } = nearest;
    if (found.length === 0) return { past, differences: found, text: "its result is no longer in the store" };
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : "";
    return {
      past,
      differences: found,
      text: (found[0] === undefined ? "" : differenceText(found[0])) + more,
    };
  }

  /** Results of the same instance; failing those, of the same step; failing those (a renamed step), of the kind. */
  *#candidates(node: GraphNode, kind: string): Generator<StepRecord> {
    const { ids, steps, kinds } = this.#index();
    for (const keys of [ids.get(node.id), steps.get(node.step), kinds.get(kind)]) {
      let given = 0;
      for (const key of keys ?? []) {
        const record = this.store.records.last(key);
        if (record === undefined) continue;
        yield record;
        if (++given === CANDIDATES) break;
      }
      if (given > 0) return;
    }
  }

  #index(): Index {
    if (this.#known !== undefined) return this.#known;
    const index: Index = { ids: new Map(), steps: new Map(), kinds: new Map() };
    const add = (map: Map<string, Set<string>>, name: string, key: string): void => {
      const keys = map.get(name);
      if (keys === undefined) map.set(name, new Set([key]));
      else keys.add(key);
    };
    let left = STEPS;
    for (const id of this.store.runs.ids().slice(0, RUNS)) {
      for (const step of this.store.runs.get(id)?.steps ?? []) {
        if (step.key === null || left-- <= 0) continue;
        add(index.ids, step.id, step.key);
        add(index.steps, step.step, step.key);
        add(index.kinds, step.kind, step.key);
      }
      if (left <= 0) break;
    }
    return (this.#known = index);
  }
}

/** Keys by instance id, by step name and by kind, newest run first. */
interface Index {
  readonly ids: Map<string, Set<string>>;
  readonly steps: Map<string, Set<string>>;
  readonly kinds: Map<string, Set<string>>;
}
