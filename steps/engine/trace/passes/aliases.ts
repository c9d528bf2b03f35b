import type { Graph, Node, Value } from "../graph.js";
import { rewrite } from "./rewrite.js";

/** Leaves out nodes that give what they take: clones, casts to the same type, reshapes to the same shape. */
export function withoutAliases(graph: Graph): Graph {
  return rewrite(graph, node => {
    const same = unchanged(node);
    return same === undefined ? node : [same];
  });
}

function unchanged({ kernel, inputs, attributes, outputs: [output] }: Node): Value | undefined {
  const x = inputs["x"] ?? inputs["input"];
  if (x === undefined || output === undefined) return undefined;
  if (x.shape.join() !== output.shape.join() || x.dtype !== output.dtype) return undefined;
  switch (kernel) {
    case "Identity":
    case "Cast":
    case "Reshape":
    case "ExpandDims":
    case "Tile":
    case "Slice":
      // Of the same shape, so whole.
      return x;
    case "Transpose":
      return (attributes["perm"] as number[]).every((axis, i) => axis === i) ? x : undefined;
    default:
      return undefined;
  }
}
