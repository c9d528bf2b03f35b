import type { Tensor, TensorFlow } from "../engine/types.js";

/** Names as pipelines give them. `leaky-relu` has the slope 0.2 below 0 of the GAN literature (Radford et al., DCGAN). */
export const ACTIVATIONS = ["none", "relu", "leaky-relu", "sigmoid", "tanh"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export function activate<T extends Tensor>(tf: TensorFlow, activation: Activation, x: T): T {
  switch (activation) {
    case "none":
      return x;
    case "relu":
      return tf.relu(x);
    case "leaky-relu":
      return tf.leakyRelu(x, 0.2);
    case "sigmoid":
      return tf.sigmoid(x);
    case "tanh":
      return tf.tanh(x);
  }
}
