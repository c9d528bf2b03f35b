import type { GradConfig, Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient, only, sumTo } from "./define.js";

/** Gradients of kernels of two tensors that broadcast: each is summed back to the shape of its input. */
export function arithmetic(tf: TensorFlow): GradConfig[] {
  /** z = f(a, b) with partial derivatives `da` and `db`, times dy. */
  const binary = (
    kernel: string,
    da: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
    db: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
  ): GradConfig =>
    gradient(kernel, ["a", "b"], (dy, { a, b }) => ({
      a: () => sumTo(tf, da(dy, a, b), a.shape),
      b: () => sumTo(tf, db(dy, a, b), b.shape),
    }));
  /** dy where `condition`, else 0. */
  const gate = (dy: Tensor, condition: Tensor): Tensor => tf.mul(dy, tf.cast(condition, "float32"));
  const float = (x: Tensor): Tensor => tf.cast(x, "float32");
  return [
    binary(
      "Add",
      dy => dy,
      dy => dy,
    ),
    binary(
      "Sub",
      dy => dy,
      dy => tf.neg(dy),
    ),
    binary(
      "Multiply",
      (dy, _a, b) => tf.mul(dy, float(b)),
      (dy, a) => tf.mul(dy, float(a)),
    ),
    binary(
      "RealDiv",
      (dy, _a, b) => tf.div(dy, float(b)),
      (dy, a, b) => tf.neg(tf.div(tf.mul(dy, float(a)), tf.square(float(b)))),
    ),
    // Of equal values the first takes the gradient, as in TensorFlow.
    binary(
      "Maximum",
      (dy, a, b) => gate(dy, tf.greaterEqual(a, b)),
      (dy, a, b) => gate(dy, tf.less(a, b)),
    ),
    binary(
      "Minimum",
      (dy, a, b) => gate(dy, tf.lessEqual(a, b)),
      (dy, a, b) => gate(dy, tf.greater(a, b)),
    ),
    binary(
      "SquaredDifference",
      (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
      (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
    ),
    gradient("Pow", ["a", "b", "y"], (dy, { a, b, y }) => ({
      a: () => sumTo(tf, tf.mul(dy, tf.mul(float(b), tf.pow(a, tf.sub(float(b), 1)))), a.shape),
      // d(a^b)/db = a^b log a, which exists for a > 0 alone; elsewhere 0, as in TensorFlow.
      b: () => {
        const positive = tf.greater(a, 0);
        const log = tf.log(tf.where(positive, a, tf.onesLike(a)));
        return sumTo(tf, tf.mul(dy, tf.mul(y, log)), b.shape);
      },
    })),
    gradient("Prelu", ["x", "alpha"], (dy, { x, alpha }) => ({
      x: () => tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha)),
      alpha: () => sumTo(tf, tf.where(tf.greater(x, 0), tf.zerosLike(dy), tf.mul(dy, x)), alpha.shape),
    })),
    {
      kernelName: "AddN",
      saveAllInputs: true,
      gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, i) => [String(i), () => tf.clone(only(dy))])),
    },
  ];
}
