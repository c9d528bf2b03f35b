import type { FusedBatchNormAttrs, GradConfig, Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient, sumTo } from "./define.js";

/**
 * Gradient of batch normalisation with given statistics: y = (x - mean) s scale + offset, s = (variance + e)^-1/2.
 * Training with the batch's own statistics has a cheaper rule of its own in `steps/nn/batch-norm.ts`.
 */
export function normalise(tf: TensorFlow): GradConfig[] {
  return [
    gradient("FusedBatchNorm", ["x", "mean", "variance", "scale"], (dy, kept, attrs) => {
      const { x, mean, variance, scale } = kept;
      const { varianceEpsilon } = attrs as unknown as FusedBatchNormAttrs;
      const s = (): Tensor => tf.rsqrt(tf.add(variance, varianceEpsilon));
      const dx = (): Tensor => tf.mul(dy, tf.mul(s(), scale));
      return {
        x: dx,
        mean: () => tf.neg(sumTo(tf, dx(), mean.shape)),
        variance: () => {
          const centred = tf.mul(dx(), tf.sub(x, mean));
          return tf.mul(sumTo(tf, centred, variance.shape), tf.mul(tf.square(s()), -0.5));
        },
        scale: () => sumTo(tf, tf.mul(dy, tf.mul(tf.sub(x, mean), s())), scale.shape),
        offset: () => sumTo(tf, dy, mean.shape),
      };
    }),
  ];
}
