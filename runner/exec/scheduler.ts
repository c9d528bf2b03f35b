import type { GraphNode } from "../pipeline/graph/graph.js";
import type { Lease, Leases } from "./leases.js";
import { producersOf } from "../pipeline/graph/select.js";

/** What is known of a node once its inputs are: nothing to do, or a key to be made. */
export type Settled =
  | { readonly done: true }
  /** `effort`: how much there is to do, beside the other instances of its step; undefined: nothing is known of it. */
  | { readonly done: false; readonly key: string; readonly effort?: number | undefined }
  /** It can be made once these nodes, which are done, have been settled again: what they made is gone. */
  | { readonly done: false; readonly needs: readonly string[] };
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
  /** What there is to do now that a node is done, where that shows by its result. Must not reject. */
  grow(node: GraphNode): Promise<Growth> | undefined;
}

/** All nodes of the run, in order; or those whose instances cannot be known, for a reason that was reported. */
export type Growth = { readonly nodes: readonly GraphNode[] } | { readonly failed: readonly GraphNode[] };

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
 * started, unless `keepGoing`: then only what depends on the failed one is left out. A node that is open waits until the
 * work says which instances it stands for.
 */
export async function schedule(
  nodes: readonly GraphNode[],
  leases: Leases,
  work: Work,
  options: ScheduleOptions,
): Promise<void> {
  let current = new Map(nodes.map(node => [node.id, node]));
  const missing = new Map<string, number>();
  const users = new Map<string, GraphNode[]>();
  const ready: GraphNode[] = [];
  let startable: Startable[] = [];
  const making = new Set<string>();
  const ended = new Set<string>();
  /** Ended without a result. */
  const lost = new Set<string>();
  /** Nodes that were done, and are to be made again; with those that wait for each. */
  const again = new Map<string, Set<GraphNode>>();
  let growing = 0;
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
  for (const node of nodes) enter(node);
  for (;;) {
    while (next < ready.length && !stopped()) {
      const node = ready[next++];
      // Hashing may take minutes: a run that is stopped does not wait for it.
      if (node !== undefined && !ended.has(node.id)) await Promise.race([settle(node), stop]);
    }
    if (!stopped()) start();
    if (running === 0 && (stopped() || (waiting + growing === 0 && next >= ready.length))) break;
    await new Promise<void>(resolve => (wake = resolve));
  }
  growing = -1;
  for (const node of current.values()) {
    if (ended.has(node.id)) continue;
    if (options.signal.aborted) work.abandon(node, "cancelled", "the run was stopped");
    else work.abandon(node, "skipped", stopped() ? "another step failed" : "its resources are not here");
  }

  async function settle(node: GraphNode): Promise<void> {
    try {
      const settled = await work.settle(node);
      if (settled.done) {
        done(node);
      } else if (options.signal.aborted) {
        return;
      } else if ("needs" in settled) {
        for (const id of settled.needs) redo(id, node);
      } else {
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

  /** Settles a node once more, and then one that waits for it. */
  function redo(id: string, waiter: GraphNode): void {
    const node = current.get(id);
    if (node === undefined) return;
    const waiters = again.get(id);
    if (waiters !== undefined) {
      waiters.add(waiter);
      return;
    }
    again.set(id, new Set([waiter]));
    ended.delete(id);
    ready.push(node);
  }

  function done(node: GraphNode): void {
    ended.add(node.id);
    const waiters = again.get(node.id);
    if (waiters !== undefined) {
      // Whoever takes from it counts it as done already.
      again.delete(node.id);
      ready.push(...waiters);
      return;
    }
    for (const user of users.get(node.id) ?? []) {
      if (current.get(user.id) !== user) continue;
      const left = (missing.get(user.id) ?? 0) - 1;
      missing.set(user.id, left);
      if (left === 0 && isKnown(user)) ready.push(user);
    }
    const growth = work.grow(node);
    if (growth === undefined) return;
    growing++;
    void growth.then(grown => {
      // The run may be over.
      if (growing < 0) return;
      growing--;
      if ("failed" in grown) for (const open of grown.failed) fail(open);
      else adopt(grown.nodes);
      wake();
    });
  }

  /** Takes a node in: it is ready once all that it needs is done. */
  function enter(node: GraphNode): void {
    const needs = producersOf(node).filter(id => current.has(id) && (!ended.has(id) || lost.has(id)));
    missing.set(node.id, needs.length);
    for (const id of needs) push(users, id, node);
    const gone = needs.find(id => lost.has(id));
    if (gone !== undefined && options.keepGoing) leaveOut(node, gone);
    else if (needs.length === 0 && isKnown(node)) ready.push(node);
  }

  /** Of a graph in which more is known: what was not in it, or was open. */
  function adopt(grown: readonly GraphNode[]): void {
    const before = current;
    current = new Map(
      grown.map(node => {
        const old = before.get(node.id);
        return [node.id, old !== undefined && isKnown(old) ? old : node];
      }),
    );
    for (const node of current.values()) {
      const old = before.get(node.id);
      if (old !== node && !(old !== undefined && ended.has(node.id))) enter(node);
    }
  }

  function leaveOut(node: GraphNode, failed: string): void {
    ended.add(node.id);
    lost.add(node.id);
    work.abandon(node, "skipped", `it needs ${failed}, which failed`);
  }

  function fail(node: GraphNode): void {
    failed = true;
    ended.add(node.id);
    lost.add(node.id);
    if (!options.keepGoing) return;
    const ahead = [node];
    for (let from = ahead.pop(); from !== undefined; from = ahead.pop()) {
      for (const user of users.get(from.id) ?? []) {
        if (ended.has(user.id) || current.get(user.id) !== user) continue;
        leaveOut(user, node.id);
        ahead.push(user);
      }
    }
  }
}

/** Whether it is an instance, and not one that stands for others to come. */
function isKnown({ open }: GraphNode): boolean {
  return open === undefined;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
