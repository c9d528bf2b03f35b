/** How much memory a traced step takes, worked out from the shapes of its values. */
import process from "node:process";
import { totalmem } from "node:os";
import { type Graph, sizeOf, type Value } from "../trace/index.js";

/**
 * Bytes in use when the most values are alive, each from where it is made until it is used for the last time: what a
 * runtime that frees at once needs. State that changes counts twice, before and after. What kernels need for
 * themselves is not in it.
 */
export function peakBytes(graph: Graph): number {
  const lasts = lastUses(graph);
  const live = new Set<object>();
  let [now, peak] = [0, 0];
  const add = (value: Value): void => {
    const data = lasts.dataOf(value);
    if (live.has(data)) return;
    live.add(data);
    now += bytesOf(value);
  };
  for (const value of [...Object.values(graph.inputs), ...Object.values(graph.state)]) add(value);
  graph.nodes.forEach((node, at) => {
    for (const value of [...Object.values(node.inputs), ...node.outputs]) add(value);
    peak = Math.max(peak, now);
    for (const value of [...Object.values(node.inputs), ...node.outputs]) {
      const data = lasts.dataOf(value);
      if (lasts.of(data) > at || !live.delete(data)) continue;
      now -= bytesOf(value);
    }
  });
  return Math.max(peak, now);
}

/** Bytes of all values together: what a runtime needs that keeps them until the step is done. */
export function totalBytes(graph: Graph): number {
  const { dataOf } = lastUses(graph);
  const sizes = new Map<object, number>();
  const values = graph.nodes.flatMap(({ inputs, outputs }) => [...Object.values(inputs), ...outputs]);
  for (const value of [...Object.values(graph.inputs), ...Object.values(graph.state), ...values])
    sizes.set(dataOf(value), bytesOf(value));
  return [...sizes.values()].reduce((a, b) => a + b, 0);
}

/** Bytes of what is the same in every step: constants, and state that never changes. */
export function constantBytes({ nodes, inputs, state, next }: Graph): number {
  const changing = Object.keys(next).map(name => state[name]);
  const varying = new Set([
    ...Object.values(inputs),
    ...changing,
    ...nodes.flatMap(({ outputs }) => outputs),
  ]);
  const used = new Set(nodes.flatMap(node => Object.values(node.inputs)));
  return [...used].reduce((sum, value) => (varying.has(value) ? sum : sum + bytesOf(value)), 0);
}

/** Kernels that give the numbers that they take, under another shape. */
const VIEWS = new Set(["Reshape", "Identity", "ExpandDims", "Squeeze"]);

function lastUses({ nodes, inputs, state, outputs, next }: Graph): {
  /** The value whose numbers a value has. */
  readonly dataOf: (value: Value) => Value;
  /** The node that uses them last. */
  readonly of: (data: Value) => number;
} {
  const origins = new Map<Value, Value>();
  const dataOf = (value: Value): Value => origins.get(value) ?? value;
  const last = new Map<Value, number>();
  nodes.forEach((node, at) => {
    const [x] = Object.values(node.inputs);
    const [y] = node.outputs;
    if (VIEWS.has(node.kernel) && x !== undefined && y !== undefined) origins.set(y, dataOf(x));
    for (const value of [...Object.values(node.inputs), ...node.outputs]) last.set(dataOf(value), at);
  });
  const kept = [inputs, state, outputs, next].flatMap(values => Object.values(values));
  for (const value of kept) last.set(dataOf(value), Infinity);
  return { dataOf, of: data => last.get(data) ?? Infinity };
}

function bytesOf({ shape, dtype }: Value): number {
  return sizeOf(shape) * (dtype === "bool" ? 1 : 4);
}

/** Bytes of memory that this process may have: the machine's, or what its control group is allowed. */
export function memoryOfMachine(): number {
  const [limit, total] = [process.constrainedMemory(), totalmem()];
  // A control group without a limit reports 0, or an absurd number.
  return limit > 0 && limit < total ? limit : total;
}
