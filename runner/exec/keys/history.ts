import { relative } from "node:path";
import { briefText } from "../../cache/difference-text.js";
import { attributed, nearestPast } from "../../cache/differences.js";
import type { Difference } from "../../cache/difference.js";
import type { JsonObject } from "../../core/json.js";
import type { Fingerprint } from "../../core/record.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import { projectIdentity } from "../../store/project.js";
import type { Store } from "../../store/store.js";

/** How a step's key differs from the nearest one of the past. */
export interface Explanation {
  /** Nothing when no such step ever had a result. */
  readonly past: PastResult | undefined;
  readonly differences: readonly Difference[];
  /** One line for `plan` and for the terminal. */
  readonly text: string;
}

export interface PastResult {
  /** The instance of this pipeline that had it. */
  readonly id: string;
  readonly key: string;
  readonly finished: string;
  readonly fingerprint: Fingerprint;
}

/** How many runs to look back, and how many of their step instances to look at: enough to explain, bounded in time. */
const RUNS = 50;
const STEPS = 100_000;
const CANDIDATES = 64;

/**
 * Past results of a pipeline, for telling why a step must run. A step is compared with results of the step of the same
 * name in the same pipeline, and with nothing else: what another step or pipeline made says nothing about this one.
 * Reads run records only when it is first asked.
 */
export class History {
  #known: Index | undefined;

  constructor(
    private readonly store: Store,
    private readonly graph: Graph,
  ) {}

  explain(node: GraphNode, now: Fingerprint, key: string): Explanation {
    const index = this.#index();
    const { error } = index.last.get(node.id) ?? {};
    const failed = index.last.get(node.id)?.key === key ? error : undefined;
    if (failed !== undefined)
      return { past: undefined, differences: [], text: `failed last time: ${firstLine(failed)}` };
    const own = this.#nearest(now, index.ids.get(node.id));
    if (own !== undefined) return { ...own, text: differencesText(own.differences, own.past.key === key) };
    const sibling = this.#nearest(now, index.steps.get(node.step));
    // A new place on an axis has no result of its own: its sibling did not change into it.
    return { past: undefined, differences: [], ...sibling, text: "no earlier result" };
  }

  #nearest(
    now: Fingerprint,
    keys: Keys = new Map(),
  ): { past: PastResult; differences: readonly Difference[] } | undefined {
    const candidates: (PastResult & Made)[] = [];
    for (const [key, made] of keys) {
      const record = this.store.records.last(key);
      if (record === undefined) continue;
      const { finished, fingerprint } = record;
      candidates.push({ key, finished, fingerprint, ...made });
      if (candidates.length === CANDIDATES) break;
    }
    const nearest = nearestPast(now, candidates);
    if (nearest === undefined) return undefined;
    const { past, differences } = nearest;
    return { past, differences: attributed(differences, past.params, this.graph.params) };
  }

  #index(): Index {
    if (this.#known !== undefined) return this.#known;
    const index: Index = { ids: new Map(), steps: new Map(), last: new Map() };
    const add = (map: Map<string, Keys>, name: string, key: string, made: Made): void => {
      const keys = map.get(name) ?? new Map<string, Made>();
      map.set(name, keys);
      if (!keys.has(key)) keys.set(key, made);
    };
    const file = relative(this.graph.project, this.graph.file);
    const project = projectIdentity(this.store.root, this.graph.project);
    let [left, runs] = [STEPS, RUNS];
    for (const id of this.store.runs.ids()) {
      const run = this.store.runs.get(id);
      if (run?.file !== file || run.project !== project) continue;
      for (const { id: instance, step, key, error } of run.steps) {
        if (key === null || left-- <= 0) continue;
        if (!index.last.has(instance)) index.last.set(instance, { key, error });
        const made = { id: instance, params: run.params };
        add(index.ids, instance, key, made);
        add(index.steps, step, key, made);
      }
      if (left <= 0 || --runs <= 0) break;
    }
    return (this.#known = index);
  }
}

/** Which instance had the result of a key, in a run with which params. */
interface Made {
  readonly id: string;
  readonly params: JsonObject;
}

type Keys = Map<string, Made>;

interface Index {
  /** Keys by instance id and by step name, newest run first. */
  readonly ids: Map<string, Keys>;
  readonly steps: Map<string, Keys>;
  /** How an instance fared when it was last run or reused. */
  readonly last: Map<string, { readonly key: string; readonly error: string | undefined }>;
}

function differencesText(found: readonly Difference[], sameKey: boolean): string {
  const first = found.find(({ param }) => param !== undefined) ?? found[0];
  if (first === undefined)
    return sameKey ? "its result is no longer in the store" : "its key is made in another way now";
  return briefText(first) + (found.length > 1 ? ` (and ${found.length - 1} more)` : "");
}

function firstLine(text: string): string {
  const [line = ""] = text.trim().split("\n", 1);
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
