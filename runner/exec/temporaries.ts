import type { GraphNode } from "../pipeline/graph/graph.js";
import { producersOf } from "../pipeline/graph/select.js";
import type { Store } from "../store/store.js";
import type { ResultOf } from "./keys/node-inputs.js";

/** What a node takes that was temporary and is gone: the nodes that must make it again, with the names of their outputs. */
export async function goneInputs(
  store: Store,
  node: GraphNode,
  resultOf: ResultOf,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const { source } of node.inputs) {
    if (source.type === "file") continue;
    for (const { node: from, output } of source.type === "artifact" ? [source] : source.entries) {
      const ref = resultOf(from)?.outputs[output];
      if (ref?.temporary === undefined || found.get(from)?.includes(output) === true) continue;
      if ((await store.objects.check(ref)) !== "whole") found.set(from, [...(found.get(from) ?? []), output]);
    }
  }
  return found;
}

export function goneText(outputs: readonly string[], user: string | undefined): string {
  const [what, verb] =
    outputs.length === 1 ? ["its temporary output", "is"] : ["its temporary outputs", "are"];
  return `${what} ${outputs.join(", ")} ${verb} ${user === undefined ? "gone" : `needed again by ${user}`}`;
}

/**
 * The temporary outputs of one run: each goes when all nodes of the run that take from its maker are done. What a failed
 * one would take stays, and so does everything while another run is under way, which may be about to take it.
 */
export class Temporaries {
  /** By node that makes some: the nodes that take from it and are not done. */
  readonly #users = new Map<string, Set<string>>();
  /** By user: the makers. */
  readonly #makers = new Map<string, readonly string[]>();
  readonly #done = new Set<string>();

  constructor(
    private readonly store: Store,
    nodes: readonly GraphNode[],
  ) {
    this.grow(nodes);
  }

  /** The nodes of the run, where more of them are known. */
  grow(nodes: readonly GraphNode[]): void {
    this.#users.clear();
    this.#makers.clear();
    for (const { id, temporary } of nodes) if (temporary !== undefined) this.#users.set(id, new Set());
    if (this.#users.size === 0) return;
    for (const node of nodes) {
      const makers = producersOf(node).filter(id => this.#users.has(id));
      if (makers.length === 0) continue;
      this.#makers.set(node.id, makers);
      for (const maker of makers) if (!this.#done.has(node.id)) this.#users.get(maker)?.add(node.id);
    }
    for (const [maker, users] of this.#users) {
      // What nobody in the run takes was asked for itself.
      if (users.size === 0 && ![...this.#makers.values()].some(all => all.includes(maker)))
        this.#users.delete(maker);
    }
  }

  /** Whether a node's temporary outputs are for others of the run alone. */
  isUsed(node: GraphNode): boolean {
    return this.#users.has(node.id);
  }

  /** Takes note that a node came to its result, drops what nobody needs any more, and says who made that. */
  async done(id: string, resultOf: ResultOf): Promise<readonly string[]> {
    const free: string[] = [];
    if (this.#users.size === 0) return free;
    this.#done.add(id);
    for (const maker of this.#makers.get(id) ?? []) {
      const users = this.#users.get(maker);
      users?.delete(id);
      if (users?.size !== 0) continue;
      free.push(maker);
      if (this.store.live.list().length > 1) continue;
      for (const ref of Object.values(resultOf(maker)?.outputs ?? {}))
        if (ref.temporary !== undefined) await this.store.objects.drop(ref);
    }
    return free;
  }
}
