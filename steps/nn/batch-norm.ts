/**
 * Batch normalisation (Ioffe & Szegedy, "Batch Normalization", ICML 2015) over the last axis of [..., C]:
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta. At inference it is an affine map: see `model.ts`.
 */
import type { Tensor, Tensor1D, TensorFlow } from "../engine/types.js";
import { customGradient } from "./custom-gradient.js";

/** As in PyTorch. */
export const BATCH_NORM_EPSILON = 1e-5;

/** A batch's own statistics: [C] each; `count` numbers went into each of them. */
export interface BatchMoments {
  readonly mean: Tensor1D;
  /** Divided by `count` (not by count - 1). */
  readonly variance: Tensor1D;
  readonly count: number;
}

/** Mean and variance of each channel over all other axes of `x`. */
export function batchMoments(tf: TensorFlow, x: Tensor): BatchMoments {
  const axes = allButLast(x);
  const mean = tf.mean<Tensor1D>(x, axes);
  // Of the centred numbers: E[x^2] - E[x]^2 loses every digit when the mean is large.
  const variance = tf.mean<Tensor1D>(tf.square(tf.sub(x, mean)), axes);
  return { mean, variance, count: x.size / mean.size };
}

/**
 * For training: normalises with `moments`, which must be `batchMoments(tf, x)`; the gradient knows that they depend
 * on x. One rule for the whole layer is 3 times faster than to let autodiff take it apart.
 */
export function batchNormTrain<T extends Tensor>(
  tf: TensorFlow,
  x: T,
  gamma: Tensor1D,
  beta: Tensor1D,
  { mean, variance, count }: BatchMoments,
  epsilon = BATCH_NORM_EPSILON,
): T {
  return customGradient<T>(tf, [x, gamma, beta], () => {
    const inverse = tf.rsqrt<Tensor1D>(tf.add(variance, epsilon));
    const scale = tf.mul<Tensor1D>(gamma, inverse);
    return {
      value: tf.add<T>(tf.mul(tf.sub(x, mean), scale), beta),
      saved: [x, mean, inverse, gamma],
      backward: (dy, saved) => backward(tf, dy, saved, count),
    };
  });
}

/**
 * Running statistics, moved towards the batch's: s <- (1 - rate) s + rate batch. The variance is the unbiased one
 * (divided by count - 1), as elsewhere.
 */
export function moveRunning(
  tf: TensorFlow,
  old: { readonly mean: Tensor; readonly variance: Tensor },
  { mean, variance, count }: BatchMoments,
  rate = 0.1,
): { readonly mean: Tensor; readonly variance: Tensor } {
  const unbiased = count / Math.max(1, count - 1);
  const move = (from: Tensor, batch: Tensor, factor: number): Tensor =>
    tf.add(tf.mul(from, 1 - rate), tf.mul(batch, rate * factor));
  return { mean: move(old.mean, mean, 1), variance: move(old.variance, variance, unbiased) };
}

/**
 * With z = (x - mean) inverse: dbeta = sum dy, dgamma = sum dy z, and
 * dx = gamma inverse (dy - dbeta / m - z dgamma / m), m = count.
 */
function backward(tf: TensorFlow, dy: Tensor, saved: readonly Tensor[], count: number): Tensor[] {
  const [x, mean, inverse, gamma] = saved as [Tensor, Tensor, Tensor, Tensor];
  const axes = allButLast(x);
  const centred = tf.sub(x, mean);
  const dBeta = tf.sum(dy, axes);
  const dGamma = tf.mul(tf.sum(tf.mul(dy, centred), axes), inverse);
  const scale = tf.mul(gamma, inverse);
  const ofCentred = tf.mul(tf.mul(inverse, dGamma), -1 / count);
  const dx = tf.mul(tf.add(tf.add(dy, tf.mul(dBeta, -1 / count)), tf.mul(centred, ofCentred)), scale);
  return [dx, dGamma, dBeta];
}

function allButLast(x: Tensor): number[] {
  return Array.from({ length: x.rank - 1 }, (_, axis) => axis);
}
