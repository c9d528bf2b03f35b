import type { GraphNode } from "../pipeline/graph/graph.js";
import type { Kinds } from "../pipeline/schema/kinds.js";

/** How much an instance has to do beside others of its step, in no unit; nothing where its kind does not say. */
export async function effortOf(kinds: Kinds, { work }: GraphNode): Promise<number | undefined> {
  if (work.type !== "kind") return undefined;
  const names = (await kinds.get(work.kind))?.effort ?? [];
  if (names.length === 0) return undefined;
  const effort = names.reduce((product, name) => product * Number(work.with[name]), 1);
  return Number.isFinite(effort) ? effort : undefined;
}
