import { createHash } from "node:crypto";
import type { Graph, Node, Value } from "./graph.js";

/** The same results from fewer nodes. Does not: fold constants; onnxruntime does so when it loads a model. */
export function simplify(graph: Graph): Graph {
  return withoutDeadCode(withoutRepeats(withoutAliases(graph)));
}

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

/**
 * Computes once what is computed several times from the same values: the same kernel with the same attributes on the
 * same inputs. Constants with the same numbers count as the same.
 */
export function withoutRepeats(graph: Graph): Graph {
  const name = namer();
  const seen = new Map<string, Node>();
  return rewrite(graph, node => {
    const inputs = Object.entries(node.inputs).map(([key, value]) => `${key}=${name(value)}`);
    const identity = JSON.stringify([node.kernel, inputs, node.attributes]);
    const before = seen.get(identity);
    if (before !== undefined) return before.outputs;
    seen.set(identity, node);
    return node;
  });
}

/** Equal names for values that are the same. */
function namer(): (value: Value) => string {
  const names = new Map<Value, string>();
  return value => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const name = value.data === undefined ? String(names.size) : constantName(value, value.data);
    names.set(value, name);
    return name;
  };
}

function constantName({ shape, dtype }: Value, data: NonNullable<Value["data"]>): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${dtype}[${shape.join()}]${createHash("sha256").update(bytes).digest("base64")}`;
}

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
