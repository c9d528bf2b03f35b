/**
 * Batch normalisation (Ioffe & Szegedy, "Batch Normalization", ICML 2015) over the last axis of [..., C]:
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta.
 */
import type { Tensor, Tensor1D, Tensor2D, TensorFlow } from "../engine/types.js";
import { customGradient } from "./custom-gradient.js";
import type { Params } from "./params.js";

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
  const [rows, columns] = flatShape(x);
  const flat = tf.reshape(x, [rows, columns]);
  const mean = tf.mean<Tensor1D>(flat, 0);
  // Of the centred numbers: E[x^2] - E[x]^2 loses every digit when the mean is large.
  const variance = tf.mean<Tensor1D>(tf.square(tf.sub(flat, mean)), 0);
  return { mean, variance, count: rows };
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
  const flat = flatShape(x);
  return customGradient<T>(tf, [x, gamma, beta], () => {
    const x2 = tf.reshape<Tensor2D["rankType"]>(x, flat);
    const inverse = tf.rsqrt<Tensor1D>(tf.add(variance, epsilon));
    const scale = tf.mul<Tensor1D>(gamma, inverse);
    const y = tf.add(tf.mul(tf.sub(x2, mean), scale), beta);
    return {
      value: tf.reshape(y, x.shape) as T,
      saved: [x2, mean, inverse, gamma],
      backward: (dy, saved) => backward(tf, dy, saved, count),
    };
  });
}

/** For inference: normalises with running statistics. */
export function batchNormInfer<T extends Tensor>(
  tf: TensorFlow,
  x: T,
  gamma: Tensor1D,
  beta: Tensor1D,
  mean: Tensor1D,
  variance: Tensor1D,
  epsilon = BATCH_NORM_EPSILON,
): T {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(tf.sub(x, mean), scale), beta);
}

/**
 * Moves the running statistics `${prefix}.mean` and `${prefix}.variance` in `state` towards the batch's:
 * s <- (1 - rate) s + rate batch. The variance is the unbiased one (divided by count - 1), as elsewhere.
 */
export function updateRunning(
  tf: TensorFlow,
  state: Params,
  prefix: string,
  { mean, variance, count }: BatchMoments,
  rate = 0.1,
): void {
  const unbiased = count / Math.max(1, count - 1);
  const move = (name: string, batch: Tensor, factor: number): void =>
    state.set(
      name,
      tf.tidy(() => tf.add(tf.mul(state.get(name), 1 - rate), tf.mul(batch, rate * factor))),
    );
  move(`${prefix}.mean`, mean, 1);
  move(`${prefix}.variance`, variance, unbiased);
}

/**
 * With z = (x - mean) inverse: dbeta = sum dy, dgamma = sum dy z, and
 * dx = gamma inverse (dy - dbeta / m - z dgamma / m), m = count.
 */
function backward(tf: TensorFlow, dy: Tensor, saved: readonly Tensor[], count: number): Tensor[] {
  const [x2, mean, inverse, gamma] = saved as [Tensor, Tensor, Tensor, Tensor];
  const d2 = tf.reshape(dy, x2.shape);
  const centred = tf.sub(x2, mean);
  const dBeta = tf.sum(d2, 0);
  const dGamma = tf.mul(tf.sum(tf.mul(d2, centred), 0), inverse);
  const scale = tf.mul(gamma, inverse);
  const ofCentred = tf.mul(tf.mul(inverse, dGamma), -1 / count);
  const dx = tf.mul(tf.add(tf.add(d2, tf.mul(dBeta, -1 / count)), tf.mul(centred, ofCentred)), scale);
  return [tf.reshape(dx, dy.shape), dGamma, dBeta];
}

function flatShape(x: Tensor): [rows: number, columns: number] {
  const columns = x.shape[x.rank - 1] ?? 1;
  return [x.size / columns, columns];
}
