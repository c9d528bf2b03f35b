import type {
  CumsumAttrs,
  GradConfig,
  MaxAttrs,
  MeanAttrs,
  MinAttrs,
  NamedAttrMap,
  SoftmaxAttrs,
  SumAttrs,
} from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient, spread } from "./define.js";

/** Gradients of sums, means, extremes and running sums over axes. */
export function reduction(tf: TensorFlow): GradConfig[] {
  const { parseAxisParam } = tf.util;
  /** Max and Min: the gradient goes to every element that equals the extreme. */
  const extreme = (kernel: string, axesOf: (attrs: NamedAttrMap) => number | number[]): GradConfig =>
    gradient(kernel, ["x", "y"], (dy, { x, y }, attrs) => {
      const axes = parseAxisParam(axesOf(attrs), x.shape);
      return {
        x: () => {
          const hit = tf.equal(x, spread(tf, y, x.shape, axes));
          return tf.mul(spread(tf, dy, x.shape, axes), tf.cast(hit, "float32"));
        },
      };
    });
  return [
    gradient("Sum", ["x"], (dy, { x }, attrs) => {
      const axes = parseAxisParam((attrs as unknown as SumAttrs).axis, x.shape);
      return { x: () => spread(tf, dy, x.shape, axes) };
    }),
    gradient("Mean", ["x"], (dy, { x }, attrs) => {
      const axes = parseAxisParam((attrs as unknown as MeanAttrs).axis, x.shape);
      // Divided before it is spread: the small tensor is the cheaper one.
      return { x: () => spread(tf, tf.mul(dy, dy.size / x.size), x.shape, axes) };
    }),
    extreme("Max", attrs => (attrs as unknown as MaxAttrs).reductionIndices),
    extreme("Min", attrs => (attrs as unknown as MinAttrs).axis),
    gradient("Cumsum", [], (dy, _kept, attrs) => {
      const { axis, exclusive, reverse } = attrs as unknown as CumsumAttrs;
      return { x: () => tf.cumsum(dy, axis, exclusive, !reverse) };
    }),
    // y = softmax(x): dx = (dy - sum(dy y)) y.
    gradient("Softmax", ["y"], (dy, { y }, attrs) => {
      const { dim } = attrs as unknown as SoftmaxAttrs;
      return {
        logits: () => {
          const weighted = tf.mul(dy, y);
          return tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), y));
        },
      };
    }),
  ];
}
