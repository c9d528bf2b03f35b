import type { Tensor } from "../../engine/types.js";
import type { Call } from "../call.js";

/**
 * What TensorFlow.js's converter puts into the operator before: a bias (input 2) and an activation, in the order of
 * `fused_ops`; a PReLU's slopes are input 3.
 */
export function fused(call: Call, product: Tensor): Tensor {
  const { tf } = call;
  const given = call.attribute("fused_ops") ?? [];
  const steps = Array.isArray(given) ? (given as readonly unknown[]) : [];
  call.only("filter_format", "HWIO");
  call.ignore("num_args", "num_host_args", "epsilon", "leakyrelu_alpha");
  return steps.reduce((x: Tensor, step) => {
    switch (step) {
      case "BiasAdd":
        return tf.add(x, call.tensor(2));
      case "Relu":
        return tf.relu(x);
      case "Relu6":
        return tf.minimum(tf.relu(x), 6);
      case "Elu":
        return tf.elu(x);
      case "LeakyRelu":
        return tf.leakyRelu(x, call.float("leakyrelu_alpha", 0.2));
      case "Sigmoid":
        return tf.sigmoid(x);
      case "Tanh":
        return tf.tanh(x);
      case "Prelu":
        return tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), call.tensor(3)));
      default:
        throw new Error(`the fused operator ${String(step)} is not supported`);
    }
  }, product);
}
