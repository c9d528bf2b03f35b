/**
 * The evidence lower bound of a variational auto-encoder (Kingma & Welling, "Auto-Encoding Variational Bayes", ICLR
 * 2014), as a loss: reconstruction + KL, each summed over a sample's dimensions and averaged over the batch, in nats.
 */
import type { Scalar, Tensor, Tensor2D, TensorFlow } from "../../engine/types.js";

/** z = mean + e^(logVariance / 2) noise, so that the gradient passes through the draw. All [N, D]. */
export function reparameterise(
  tf: TensorFlow,
  mean: Tensor2D,
  logVariance: Tensor2D,
  noise: Tensor2D,
): Tensor2D {
  return tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
}

/** KL(N(mean, e^logVariance) || N(0, 1)) = -1/2 sum (1 + logVariance - mean^2 - e^logVariance). [N, D] each. */
export function klToStandardNormal(tf: TensorFlow, mean: Tensor2D, logVariance: Tensor2D): Scalar {
  const terms = tf.sub(tf.sub(tf.add(logVariance, 1), tf.square(mean)), tf.exp(logVariance));
  return tf.mul(tf.sum<Scalar>(terms), -0.5 / mean.shape[0]);
}

/**
 * -log p(x | logits) of independent Bernoulli pixels x in [0, 1]: softplus(l) - l x, which is the cross-entropy
 * without ever forming a probability of 0. [N, ...] both.
 */
export function bernoulliLoss(tf: TensorFlow, logits: Tensor, x: Tensor): Scalar {
  const terms = tf.sub(tf.softplus(logits), tf.mul(logits, x));
  return tf.mul(tf.sum<Scalar>(terms), 1 / batchOf(x));
}

function batchOf(x: Tensor): number {
  return x.shape[0];
}
