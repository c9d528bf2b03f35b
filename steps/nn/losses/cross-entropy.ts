import type { Scalar, Tensor2D, TensorFlow } from "../../engine/types.js";

/**
 * -sum over classes of target log softmax(logits), averaged over the batch, in nats. `targets` [N, K]: one
 * distribution a row (one-hot labels, say).
 */
export function crossEntropy(tf: TensorFlow, logits: Tensor2D, targets: Tensor2D): Scalar {
  const terms = tf.mul(targets, tf.logSoftmax(logits));
  return tf.mul(tf.sum<Scalar>(terms), -1 / logits.shape[0]);
}

/**
 * Multinomial logistic regression: cross-entropy + l2/2 ||weight||^2 over [N, D] features, weight [D, K] and the
 * logits they give. The bias is not penalised, so that the classes' frequencies can be met.
 */
export function logisticLoss(
  tf: TensorFlow,
  logits: Tensor2D,
  targets: Tensor2D,
  weight: Tensor2D,
  l2: number,
): Scalar {
  const fit = crossEntropy(tf, logits, targets);
  return l2 === 0 ? fit : tf.add(fit, tf.mul(tf.sum<Scalar>(tf.square(weight)), l2 / 2));
}

/** Class numbers in [0, classes) as rows with a single 1: [N, classes]. */
export function oneHot(tf: TensorFlow, labels: ArrayLike<number>, classes: number): Tensor2D {
  const rows = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes)
      throw new RangeError(`Label ${String(label)} of sample ${i} is not a class below ${classes}.`);
    rows[i * classes + label] = 1;
  }
  return tf.tensor2d(rows, [labels.length, classes]);
}
