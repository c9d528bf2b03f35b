/**
 * Contrastive losses on a batch of latents z [M, D], M = views x anchors, all first views before all second ones:
 * row v * anchors + i is view v of anchor i.
 */
import type { Scalar, Tensor2D, TensorFlow } from "../engine/types.js";

/**
 * NT-Xent (Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020, eq. 1):
 * the mean over ordered positive pairs (i, j) of -log (exp(s_ij / t) / sum over k != i of exp(s_ik / t)), s the
 * cosine similarity. With more than two views each row has views - 1 positives, and the mean over them is taken: the
 * multi-positive loss of StableRep (Tian et al., NeurIPS 2023).
 */
export function ntXent(tf: TensorFlow, z: Tensor2D, views: number, temperature: number): Scalar {
  return multiPositive(tf, z, viewTargets(tf, z.shape[0], views), temperature);
}

/**
 * Cross-entropy between `targets` [M, M] and each row's softmax over all other rows. `targets[i]` is a distribution
 * over the positives of row i, with 0 at i itself; an all-zero row takes no part but still counts in the mean.
 */
export function multiPositive(tf: TensorFlow, z: Tensor2D, targets: Tensor2D, temperature: number): Scalar {
  const unit = normaliseRows(tf, z);
  const similarity = tf.mul(tf.matMul(unit, unit, false, true), 1 / temperature);
  // A row is not among its own candidates: exp(-1e9) is 0.
  const candidates = tf.sub(similarity, tf.mul(tf.eye(z.shape[0]), 1e9));
  const logProbability = tf.logSoftmax(candidates);
  return tf.mul(tf.sum<Scalar>(tf.mul(targets, logProbability)), -1 / z.shape[0]);
}

/** Each row's positives are the other views of its anchor, equally: [M, M]. */
export function viewTargets(tf: TensorFlow, rows: number, views: number): Tensor2D {
  const anchors = rows / views;
  if (views < 2 || !Number.isInteger(anchors))
    throw new RangeError(`${rows} latents are not 2 or more whole views of anchors (views: ${views}).`);
  const targets = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = i % anchors; j < rows; j += anchors) if (j !== i) targets[i * rows + j] = 1 / (views - 1);
  return tf.tensor2d(targets, [rows, rows]);
}

/**
 * The positives of each row are all other rows with its label, equally, so that `multiPositive` is L_out of SupCon
 * (Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, eq. 2, as a mean over the rows): [M, M], row-major.
 * A row that is the only one of its label has none.
 */
export function labelTargets(labels: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const rows = labels.length;
  const targets = new Float32Array(rows * rows);
  const counts = new Map<number, number>();
  for (let i = 0; i < rows; i++) counts.set(labels[i] ?? -1, (counts.get(labels[i] ?? -1) ?? 0) + 1);
  for (let i = 0; i < rows; i++) {
    const share = 1 / ((counts.get(labels[i] ?? -1) ?? 0) - 1);
    for (let j = 0; j < rows; j++) if (j !== i && labels[j] === labels[i]) targets[i * rows + j] = share;
  }
  return targets;
}

/** Divides each row by its length; a row of zeros stays one, with a finite gradient. */
export function normaliseRows(tf: TensorFlow, z: Tensor2D): Tensor2D {
  return tf.mul(z, tf.rsqrt(tf.add(tf.sum(tf.square(z), 1, true), 1e-12)));
}
