import type { Fingerprint, StepRecord } from "../core/record.js";
import type { Graph, GraphNode } from "../pipeline/graph/graph.js";
import { producersOf } from "../pipeline/graph/select.js";
import { History, type Explanation } from "./keys/history.js";
import type { Host } from "./host.js";
import { Keyer } from "./keys/keyer.js";
import { findResult, goneOutputs } from "./keys/lookup.js";
import type { Store } from "../store/store.js";
import { goneInputs, goneText } from "./temporaries.js";

/** What `run` would do with a step instance, and why. */
export interface PlannedStep {
  readonly node: GraphNode;
  readonly status: "cached" | "run" | "pending";
  readonly key: string | null;
  readonly reason: string;
  readonly print?: Fingerprint;
  readonly record?: StepRecord;
  /** For a step that would run. */
  readonly explanation?: Explanation;
  /** For a step that waits: the steps upstream because of which it does, at most a few. */
  readonly causes?: readonly Cause[];
}

/** A step that would run, and why. */
export interface Cause {
  readonly id: string;
  readonly reason: string;
}

export interface PlanOptions {
  /** Instances to run even if their result is known. */
  readonly forced?: (node: GraphNode) => boolean;
  readonly notice?: (message: string) => void;
}

/** Plans nodes, given in an order in which inputs come before their users. Runs nothing. */
export async function plan(
  host: Host,
  graph: Graph,
  nodes: readonly GraphNode[],
  options: PlanOptions = {},
): Promise<PlannedStep[]> {
  const keyer = new Keyer(host, graph);
  const history = new History(host.store, graph);
  const records = new Map<string, StepRecord>();
  /** Of the steps without a result. */
  const causes = new Map<string, readonly Cause[]>();
  const planned: PlannedStep[] = [];
  for (const node of nodes) {
    const step = await planOne(node);
    if (node.open !== undefined) causes.set(node.id, []);
    else if (step.record !== undefined) records.set(node.id, step.record);
    else causes.set(node.id, step.causes ?? [{ id: node.id, reason: step.reason }]);
    planned.push(step);
  }
  await makeAgain(host.store, planned);
  return planned;

  async function planOne(node: GraphNode): Promise<PlannedStep> {
    if (node.open !== undefined)
      return {
        node,
        status: "pending",
        key: null,
        reason: node.open.text,
      };
    const unknown = producersOf(node).filter(id => !records.has(id));
    if (unknown.length > 0) {
      const roots = rootsOf(unknown, causes);
      return { node, status: "pending", key: null, causes: roots, reason: waitsText(unknown, roots) };
    }
    const { print, key } = await keyer.fingerprint(node, id => records.get(id));
    if (options.forced?.(node) === true) return { node, status: "run", key, print, reason: "forced" };
    const record = await findResult(host.store, key, options.notice ?? (() => undefined), node.temporary);
    if (record !== undefined) return { node, status: "cached", key, print, record, reason: "unchanged" };
    const explanation = history.explain(node, print, key);
    return { node, status: "run", key, print, explanation, reason: explanation.text };
  }
}

/** Causes that are kept of each step: enough to name some, whatever the pipeline's size. */
const MOST_CAUSES = 3;

function rootsOf(unknown: readonly string[], causes: ReadonlyMap<string, readonly Cause[]>): Cause[] {
  const roots = new Map<string, Cause>();
  for (const id of unknown) {
    for (const cause of causes.get(id) ?? []) roots.set(cause.id, cause);
    if (roots.size >= MOST_CAUSES) break;
  }
  return [...roots.values()].slice(0, MOST_CAUSES);
}

/** `waits for train; split reruns: params.frac 0.7 -> 0.9` */
function waitsText(unknown: readonly string[], [root]: readonly Cause[]): string {
  const rest = unknown.length > 3 ? ` and ${unknown.length - 3} more` : "";
  const waits = `waits for ${unknown.slice(0, 3).join(", ")}${rest}`;
  return root === undefined ? waits : `${waits}; ${root.id} ${verbOf(root)}: ${root.reason}`;
}

function verbOf({ reason }: Cause): string {
  return reason.startsWith("no earlier result") ? "runs" : "reruns";
}

/** Steps whose result is known, but not its temporary outputs, which a step that would run takes. */
async function makeAgain(store: Store, planned: PlannedStep[]): Promise<void> {
  if (planned.every(({ node }) => node.temporary === undefined)) return;
  const at = new Map(planned.map(({ node }, i) => [node.id, i]));
  const records = new Map(planned.map(({ node, record }) => [node.id, record]));
  const used = new Set(planned.flatMap(({ node }) => producersOf(node)));
  // From the end: a step that must run again may take from one that must for its sake.
  for (let i = planned.length - 1; i >= 0; i--) {
    const step = planned[i];
    if (step === undefined) continue;
    const own = step.record !== undefined && step.node.temporary !== undefined && !used.has(step.node.id);
    const gone = own ? await goneOutputs(store, step.record) : [];
    if (gone.length > 0) planned[i] = rerun(step, goneText(gone, undefined));
    if (planned[i]?.status !== "run") continue;
    for (const [maker, outputs] of await goneInputs(store, step.node, id => records.get(id))) {
      const index = at.get(maker);
      const made = index === undefined ? undefined : planned[index];
      if (index !== undefined && made?.status === "cached")
        planned[index] = rerun(made, goneText(outputs, step.node.id));
    }
  }
}

function rerun(step: PlannedStep, reason: string): PlannedStep {
  return { ...step, status: "run", reason };
}
