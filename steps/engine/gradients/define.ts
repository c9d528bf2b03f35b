import type { GradConfig, NamedAttrMap, Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";

/** By input of the kernel: how to compute its gradient. Called only for the inputs that lead to a parameter. */
export type Rule = Record<string, () => Tensor>;

/**
 * Declares the gradient of a kernel with one output. `keep` names the inputs that the backward pass needs, and
 * last `"y"` if it needs the output. What is not named is freed as soon as the forward pass allows.
 */
export function gradient<N extends string>(
  kernelName: string,
  keep: readonly N[],
  rule: (dy: Tensor, kept: Readonly<Record<N, Tensor>>, attrs: NamedAttrMap) => Rule,
): GradConfig {
  return {
    kernelName,
    inputsToSave: keep.filter(name => name !== "y"),
    outputsToSave: keep.filter(name => name === "y").map(() => true),
    gradFunc(dy, saved, attrs): Rule {
      const kept = Object.fromEntries(keep.map((name, i) => [name, saved[i]])) as Record<N, Tensor>;
      return rule(only(dy), kept, attrs);
    },
  };
}

/** A kernel's gradient arrives as a list only where the kernel has several outputs. */
export function only(dy: Tensor | Tensor[]): Tensor {
  const tensor = Array.isArray(dy) ? dy[0] : dy;
  if (tensor === undefined) throw new Error("Internal error: a gradient without a tensor.");
  return tensor;
}

/** Undoes broadcasting: sums `t` over the axes along which an input of `shape` was repeated. */
export function sumTo(tf: TensorFlow, t: Tensor, shape: readonly number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], t.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(t, axes) : t, [...shape]);
}

/** Repeats `dy`, whose `axes` were reduced away, to the shape that was reduced. */
export function spread(
  tf: TensorFlow,
  dy: Tensor,
  shape: readonly number[],
  axes: readonly number[],
): Tensor {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.broadcastTo(tf.reshape(dy, kept), [...shape]);
}
