import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import type { Attributes, ValueType } from "./graph.js";
import type { Shaped } from "./recorder.js";

/** Shape and type of what a kernel gives, from those of what it takes. Throws where they do not fit each other. */
export type ShapeRule = (tf: TensorFlow, inputs: Inputs, attributes: Attributes) => Shaped | Shaped[];

/** By the kernel's names; only shapes and types are looked at. */
export type Inputs = Readonly<Record<string, TensorInfo>>;

/** A rule that knows its kernel's attributes: it says of which type they are. */
export function rule(
  of: (inputs: Inputs, attributes: never, tf: TensorFlow) => Shaped | Shaped[],
): ShapeRule {
  return (tf, inputs, attributes) => of(inputs, attributes as never, tf);
}

export function input(inputs: Inputs, name: string): { shape: number[]; dtype: ValueType } {
  const found = inputs[name];
  if (found === undefined) throw new Error(`Internal error: a kernel without its input ${name}.`);
  return { shape: found.shape, dtype: typeOf(found) };
}

export function typeOf({ dtype }: TensorInfo): ValueType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new Error(`Internal error: a traced tensor of ${dtype}.`);
}
