import { readFileSync, statSync } from "node:fs";
import type { Json } from "../core/json.js";
import { listName, type ListContent, type Lists } from "../pipeline/graph/lists.js";
import type { Graph, GraphNode } from "../pipeline/graph/graph.js";
import type { Store } from "../store/store.js";
import type { ResultOf } from "./keys/node-inputs.js";

/** Outputs that say which instances a graph has, by the node that makes them. */
export function wantedLists({ nodes }: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { open, lists = [] } of nodes)
    for (const { node, output } of open === undefined ? [] : lists)
      wanted.set(node, (wanted.get(node) ?? new Set()).add(output));
  return wanted;
}

/** What a node that has a result says of the outputs that are wanted of it. */
export function readLists(store: Store, node: string, outputs: Iterable<string>, resultOf: ResultOf): Lists {
  const found = new Map<string, ListContent>();
  for (const output of outputs) {
    const ref = resultOf(node)?.outputs[output];
    if (ref === undefined) continue;
    found.set(
      listName(node, output),
      ref.type === "tree" ? { fault: "is a folder, and no list" } : readList(store.objects.path(ref)),
    );
  }
  return found;
}

/** Of more bytes no list of so few instances is made. */
const MOST_BYTES = 64 * 2 ** 20;

function readList(path: string): ListContent {
  if (statSync(path).size > MOST_BYTES) return { fault: "is larger than 64 MiB" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { fault: `is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Nodes that wait to know what a node has made. */
export function waitingFor({ nodes }: Graph, id: string): readonly GraphNode[] {
  return nodes.filter(({ open, lists = [] }) => open !== undefined && lists.some(({ node }) => node === id));
}
