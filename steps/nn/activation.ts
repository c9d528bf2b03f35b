import type { Tensor, TensorFlow } from "../engine/types.js";
import type { Activation } from "../lib/layers.js";

/** Applies an activation by the name that models and pipelines give it. leakyRelu: slope 0.2 below 0. */
export function activate<T extends Tensor>(tf: TensorFlow, activation: Activation, x: T): T {
  switch (activation) {
    case "linear":
      return x;
    case "relu":
      return tf.relu(x);
    case "leakyRelu":
      return tf.leakyRelu(x, 0.2);
    case "sigmoid":
      return tf.sigmoid(x);
    case "tanh":
      return tf.tanh(x);
  }
}
