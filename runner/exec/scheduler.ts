import type { GraphNode } from "../pipeline/graph/graph.js";
import type { Lease, Leases } from "./leases.js";
import { producers } from "./plan.js";

/** What is known of a node once its inputs are: nothing to do, or a key to be made. */
export type Settled =
  | { readonly done: true }
  /** `effort`: how much there is to do, beside the other instances of its step; undefined: nothing is known of it. */
  | { readonly done: false; readonly key: string; readonly effort?: number | undefined };
/** `again`: it is no longer this run's to do, or no longer under this key; its result is to be looked for again. */
export type Performed = "done" | "failed" | "cancelled" | "again";

/** What the scheduler asks for; it decides when and in which order, never what. */
export interface Work {
  /** Called once the node's inputs are there. */
  settle(node: GraphNode): Promise<Settled>;
  /**
   * Takes the right to make the key, which `perform` gives back. Where another run has it: when to settle the node
   * again.
   */
  reserve(node: GraphNode, key: string): Promise<void> | undefined;
  /** Does the work. Must not reject. */
  perform(node: GraphNode, lease: Lease): Promise<Performed>;
  /** A node that will not be done: what it needs failed (`skipped`), or the run was stopped (`cancelled`). */
  abandon(node: GraphNode, outcome: "skipped" | "cancelled", reason: string): void;
  /** A node whose `settle` or `reserve` failed. */
  unsettled(node: GraphNode, error: unknown): void;
}

/** A node that waits for a lease. */
interface Startable {
  readonly node: GraphNode;
  readonly key: string;
  readonly effort: number | undefined;
}

export interface ScheduleOptions {
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
}

/**
 * Brings nodes to an end, each after those that it takes from, as many at once as the leases allow. Nodes with
 * the same key are made once; one that another run is making waits without a lease. After a failure nothing new is
 * started, unless `keepGoing`: then only what depends on the failed one is left out.
 */
export async function schedule(
  nodes: readonly GraphNode[],
  leases: Leases,
  work: Work,
  options: ScheduleOptions,
): Promise<void> {
  const selected = new Set(nodes.map(node => node.id));
  const missing = new Map<string, number>();
  const users = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const needs = producers(node).filter(id => selected.has(id));
    missing.set(node.id, needs.length);
    for (const id of needs) push(users, id, node);
  }

  const ready = nodes.filter(node => missing.get(node.id) === 0);
  let startable: Startable[] = [];
  const making = new Set<string>();
  const ended = new Set<string>();
  let running = 0;
  let waiting = 0;
  let failed = false;
  let wake = (): void => undefined;
  const stop = new Promise<void>(resolve =>
    options.signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  void stop.then(() => wake());
  const stopped = (): boolean => options.signal.aborted || (failed && !options.keepGoing);

  let next = 0;
  for (;;) {
    while (next < ready.length && !stopped()) {
      const node = ready[next++];
      // Hashing may take minutes: a run that is stopped does not wait for it.
      if (node !== undefined && !ended.has(node.id)) await Promise.race([settle(node), stop]);
    }
    if (!stopped()) start();
    if (running === 0 && (stopped() || (waiting === 0 && next >= ready.length))) break;
    await new Promise<void>(resolve => (wake = resolve));
  }
  for (const node of nodes) {
    if (ended.has(node.id)) continue;
    if (options.signal.aborted) work.abandon(node, "cancelled", "the run was stopped");
    else work.abandon(node, "skipped", stopped() ? "another step failed" : "its resources are not here");
  }

  async function settle(node: GraphNode): Promise<void> {
    try {
      const settled = await work.settle(node);
      if (settled.done) {
        done(node);
      } else if (!options.signal.aborted) {
        queue({ node, key: settled.key, effort: settled.effort });
        // Which of them has the most to do is known once all are.
        if (settled.effort === undefined || ready[next]?.step !== node.step) start();
      }
    } catch (error) {
      if (options.signal.aborted) return;
      work.unsettled(node, error);
      fail(node);
    }
  }

  /**
   * Behind all others, but for instances of its step with less to do: longest first keeps the cores busy to the end
   * (Graham 1969, Bounds on Multiprocessing Timing Anomalies).
   */
  function queue(entry: Startable): void {
    const { node, effort = 0 } = entry;
    const less = startable.findIndex(other => other.node.step === node.step && (other.effort ?? 0) < effort);
    startable.splice(less === -1 ? startable.length : less, 0, entry);
  }

  /** Starts what fits, in the order of the queue; a large step that does not fit yet lets smaller ones pass. */
  function start(): void {
    for (let i = 0; i < startable.length && !leases.exhausted;) {
      const candidate = startable[i];
      if (candidate === undefined) return;
      const { node, key } = candidate;
      const lease = making.has(key) ? undefined : leases.tryTake(node.resources);
      if (lease === undefined) {
        i++;
        continue;
      }
      startable.splice(i, 1);
      if (!reserved(node, key)) {
        leases.give(lease);
        continue;
      }
      making.add(key);
      running++;
      void work.perform(node, lease).then(outcome => finish(node, key, lease, outcome));
    }
  }

  function reserved(node: GraphNode, key: string): boolean {
    try {
      const freed = work.reserve(node, key);
      if (freed === undefined) return true;
      waiting++;
      void freed.then(() => {
        waiting--;
        ready.push(node);
        wake();
      });
    } catch (error) {
      work.unsettled(node, error);
      fail(node);
    }
    return false;
  }

  function finish(node: GraphNode, key: string, lease: Lease, outcome: Performed): void {
    running--;
    leases.give(lease);
    making.delete(key);
    if (outcome === "done") done(node);
    else if (outcome === "failed") fail(node);
    else if (outcome === "again") ready.push(node);
    else ended.add(node.id);
    // Its twins are asked again: they find the result, or are made in their turn.
    ready.push(...startable.filter(twin => twin.key === key).map(twin => twin.node));
    startable = startable.filter(twin => twin.key !== key);
    wake();
  }

  function done(node: GraphNode): void {
    ended.add(node.id);
    for (const user of users.get(node.id) ?? []) {
      const left = (missing.get(user.id) ?? 0) - 1;
      missing.set(user.id, left);
      if (left === 0) ready.push(user);
    }
  }

  function fail(node: GraphNode): void {
    failed = true;
    ended.add(node.id);
    if (!options.keepGoing) return;
    const ahead = [node];
    for (let from = ahead.pop(); from !== undefined; from = ahead.pop()) {
      for (const user of users.get(from.id) ?? []) {
        if (ended.has(user.id)) continue;
        ended.add(user.id);
        work.abandon(user, "skipped", `it needs ${node.id}, which failed`);
        ahead.push(user);
      }
    }
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
