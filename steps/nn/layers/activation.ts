import type { JsonObject } from "../../../runner/step-api.js";
import type { Tensor, TensorFlow } from "../../engine/types.js";
import type { LayerType } from "./layer.js";

export type ActivationSpec = { readonly type: "activation"; readonly activation: Activation };
export type Activation = "linear" | "relu" | "leakyRelu" | "tanh" | "sigmoid";

const functions: Readonly<Record<Activation, (tf: TensorFlow, x: Tensor) => Tensor>> = {
  linear: (_, x) => x,
  relu: (tf, x) => tf.relu(x),
  /** Slope 0.2 below zero, as in DCGAN (Radford et al. 2016). */
  leakyRelu: (tf, x) => tf.leakyRelu(x, 0.2),
  tanh: (tf, x) => tf.tanh(x),
  sigmoid: (tf, x) => tf.sigmoid(x),
};

/** Many layers have it as an option, by default linear, which follows the layer's own arithmetic. */
export const activationSchema: JsonObject = { enum: Object.keys(functions) };

export function activate(tf: TensorFlow, x: Tensor, activation: Activation = "linear"): Tensor {
  return functions[activation](tf, x);
}

export const activation: LayerType<ActivationSpec> = {
  options: { activation: activationSchema },
  required: ["activation"],
  elementwise: true,
  shapes: (_, input) => ({ output: input, weights: {} }),
  forward: ({ tf }, spec, x) => activate(tf, x, spec.activation),
};
