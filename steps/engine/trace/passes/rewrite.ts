import type { Graph, Node, Value } from "../graph.js";

/**
 * Goes through a graph's nodes in order. `visit` gets each node with its inputs already replaced, and returns the node
 * to keep, or, for a node to leave out, the values that stand for its outputs from there on.
 */
export function rewrite(graph: Graph, visit: (node: Node) => Node | readonly Value[]): Graph {
  const replaced = new Map<Value, Value>();
  const now = (value: Value): Value => replaced.get(value) ?? value;
  const all = (values: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, now(value)]));
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const result = visit({ ...node, inputs: all(node.inputs) });
    if ("kernel" in result) {
      nodes.push(result);
      continue;
    }
    node.outputs.forEach((output, i) => {
      const stand = result[i];
      if (stand !== undefined) replaced.set(output, stand);
    });
  }
  return { ...graph, nodes, outputs: all(graph.outputs), next: all(graph.next) };
}
