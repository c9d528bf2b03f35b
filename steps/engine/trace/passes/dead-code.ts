import type { Graph, Value } from "../graph.js";

/** Leaves out what no output and no new state depends on, such as gradients that nobody asked for. */
export function withoutDeadCode(graph: Graph): Graph {
  const live = new Set<Value>([...Object.values(graph.outputs), ...Object.values(graph.next)]);
  const nodes = [...graph.nodes].reverse().filter(node => {
    if (!node.outputs.some(output => live.has(output))) return false;
    for (const value of Object.values(node.inputs)) live.add(value);
    return true;
  });
  return { ...graph, nodes: nodes.reverse() };
}
