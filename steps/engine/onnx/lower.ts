import { writeModel } from "../../formats/onnx/index.js";
import type { TensorFlow } from "../types.js";
import { type Graph, Refusal, type Value } from "../trace/index.js";
import { Builder } from "./graph-builder.js";
import { Call, type Lowerings } from "./lowering-call.js";
import { convolution } from "./lowering/lower-convolution.js";
import { crop } from "./lowering/lower-crop.js";
import { elementwise } from "./lowering/lower-elementwise.js";
import { image } from "./lowering/lower-image.js";
import { linear } from "./lowering/lower-linear.js";
import { pooling } from "./lowering/lower-pooling.js";
import { reduction } from "./lowering/lower-reduction.js";
import { structure } from "./lowering/lower-structure.js";

/** One function a TensorFlow.js kernel. */
export const LOWERINGS: Lowerings = {
  ...{ ...elementwise, ...reduction, ...structure },
  ...{ ...linear, ...convolution, ...pooling, ...image, ...crop },
};

/** An ONNX model, and how its names come from the step function's. */
export interface Lowered {
  readonly bytes: Uint8Array;
  readonly operations: number;
}

/** Names in a model: what comes in, what goes out, the state before and after. */
export const NAMES = {
  input: (name: string): string => `in:${name}`,
  output: (name: string): string => `out:${name}`,
  state: (name: string): string => `state:${name}`,
  next: (name: string): string => `next:${name}`,
};

/**
 * The model of a step. Entries of the state that are in `constants` become part of it, so that onnxruntime can prepare
 * them once; the others are inputs. Throws a Refusal where a kernel has no lowering.
 */
export function lower(
  tf: TensorFlow,
  graph: Graph,
  constants: Readonly<Record<string, Float32Array | Int32Array>>,
): Lowered {
  const b = new Builder();
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    if (value.data === undefined) throw new Error("Internal error: a value is used before it is made.");
    const name = b.constant(value.dtype, value.shape, value.data);
    names.set(value, name);
    return name;
  };
  for (const [name, value] of Object.entries(graph.inputs))
    names.set(value, b.input(NAMES.input(name), value.shape, value.dtype));
  for (const [name, value] of Object.entries(graph.state)) {
    const data = constants[name];
    const known =
      data === undefined
        ? b.input(NAMES.state(name), value.shape, value.dtype)
        : b.constant(value.dtype, value.shape, data);
    names.set(value, known);
  }
  for (const node of graph.nodes) {
    const lowering = LOWERINGS[node.kernel];
    if (lowering === undefined) throw new Refusal(node.kernel, node.origin);
    const made = [lowering(new Call(b, tf, node, nameOf))].flat();
    node.outputs.forEach((output, i) => names.set(output, made[i] ?? ""));
  }
  for (const [name, value] of Object.entries(graph.outputs))
    b.output(NAMES.output(name), nameOf(value), value.shape, value.dtype);
  for (const [name, value] of Object.entries(graph.next))
    b.output(NAMES.next(name), nameOf(value), value.shape, value.dtype);
  return { bytes: writeModel(b.model()), operations: b.operations };
}
