import { createHash } from "node:crypto";
import type { Graph, Node, Value } from "../graph.js";
import { rewrite } from "./rewrite.js";

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
