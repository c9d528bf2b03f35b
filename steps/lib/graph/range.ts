import type { GraphNode, TensorGraph } from "./types.js";

/**
 * The range of the image's values as its last operator tells it: [-1, 1] after tanh, [0, 1] after a sigmoid. Undefined
 * where it ends in anything else; then somebody has to know.
 */
export function rangeOf({ nodes, output }: TensorGraph): readonly [low: number, high: number] | undefined {
  const makers = new Map<string, GraphNode>();
  for (const node of nodes) for (const name of node.outputs) makers.set(name, node);
  let node = makers.get(output);
  for (const seen = new Set<GraphNode>(); node !== undefined && !seen.has(node);) {
    seen.add(node);
    if (node.op === "Tanh") return [-1, 1];
    if (node.op === "Sigmoid") return [0, 1];
    if (!MOVING.has(node.op)) return undefined;
    node = makers.get(node.inputs[0] ?? "");
  }
  return undefined;
}

/** Operators of either dialect that put numbers elsewhere and change none. */
const MOVING: ReadonlySet<string> = new Set([
  ...["Identity", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "ExpandDims", "Slice"],
]);
