import { elementCount } from "../../formats/arrays.js";
import type { Tensor, Tensor1D, TensorFlow } from "../../engine/types.js";
import { customGradient } from "../custom-gradient.js";
import { type Activation, activate, activationSchema } from "./activation.js";
import type { LayerType, Pass } from "./layer.js";

export type BatchNormSpec = {
  readonly type: "batchNorm";
  readonly epsilon?: number;
  readonly activation?: Activation;
};

/**
 * Batch normalisation (Ioffe & Szegedy, "Batch Normalization", ICML 2015) over the last axis of [..., C]:
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta, in training with the batch's own statistics.
 */
export const batchNorm: LayerType<BatchNormSpec> = {
  options: { epsilon: { type: "number", exclusiveMinimum: 0 }, activation: activationSchema },
  elementwise: true,
  shapes(_, input) {
    const shape = input.slice(-1);
    const running = elementCount(input.slice(0, -1));
    return {
      output: input,
      weights: {
        gamma: { shape, initial: 1 },
        beta: { shape, initial: 0 },
        mean: { shape, initial: 0, running },
        variance: { shape, initial: 1, running },
      },
    };
  },
  forward(pass, { epsilon = 1e-3, activation }, x) {
    const y = pass.training === undefined ? normaliseByStored(pass, epsilon, x) : normalise(pass, epsilon, x);
    return activate(pass.tf, y, activation);
  },
};

/** By the batch's own statistics, towards which the running ones move. */
function normalise({ tf, weight, training }: Pass, epsilon: number, x: Tensor): Tensor {
  const moments = batchMoments(tf, x);
  const old = { mean: weight("mean"), variance: weight("variance") };
  const moved = moveRunning(tf, old, moments, training?.momentum);
  for (const [name, value] of Object.entries(moved)) training?.update(name, value);
  return batchNormTrain(tf, x, weight("gamma") as Tensor1D, weight("beta") as Tensor1D, moments, epsilon);
}

/** By the running statistics, folded into one scale and one shift per channel. */
function normaliseByStored({ tf, weight }: Pass, epsilon: number, x: Tensor): Tensor {
  const scale = tf.mul(weight("gamma"), tf.rsqrt(tf.add(weight("variance"), epsilon)));
  const shift = tf.sub(weight("beta"), tf.mul(weight("mean"), scale));
  return tf.add(tf.mul(x, scale), shift);
}

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
 * Running statistics, moved towards the batch's: s <- (1 - momentum) s + momentum batch. The variance is the unbiased one
 * (divided by count - 1), as elsewhere.
 */
export function moveRunning(
  tf: TensorFlow,
  old: { readonly mean: Tensor; readonly variance: Tensor },
  { mean, variance, count }: BatchMoments,
  momentum = 0.1,
): { readonly mean: Tensor; readonly variance: Tensor } {
  const unbiased = count / Math.max(1, count - 1);
  const move = (from: Tensor, batch: Tensor, factor: number): Tensor =>
    tf.add(tf.mul(from, 1 - momentum), tf.mul(batch, momentum * factor));
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
