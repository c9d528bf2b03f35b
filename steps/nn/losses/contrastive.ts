/**
 * Contrastive losses on a batch of latents z [M, D], M = views x anchors, all first views before all second ones:
 * row v * anchors + i is view v of anchor i.
 */
import type { Scalar, Tensor1D, Tensor2D, TensorFlow } from "../../engine/types.js";
import type { ContrastiveLoss } from "./contrastive-loss.js";

export const ntXentLoss: ContrastiveLoss = {
  summary: "views of one anchor belong together",
  loss: (tf, z, { views, temperature }) => ntXent(tf, z, views, temperature),
};

export const supconLoss: ContrastiveLoss = {
  summary: "those of one class do (the views or images need labels)",
  labelled: true,
  loss(tf, z, { labels, temperature }) {
    if (labels === undefined) throw new Error("Internal error: supcon without labels.");
    return multiPositive(tf, z, labelTargets(tf, labels), temperature);
  },
};

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
 * (Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, eq. 2, as a mean over the rows): labels [M] ->
 * [M, M]. A row that is the only one of its label has none.
 */
export function labelTargets(tf: TensorFlow, labels: Tensor1D): Tensor2D {
  const rows = labels.shape[0];
  const same = tf.equal(tf.reshape(labels, [rows, 1]), tf.reshape(labels, [1, rows]));
  const others: Tensor2D = tf.sub(tf.cast(same, "float32"), tf.eye(rows));
  return tf.div(others, tf.maximum(tf.sum(others, 1, true), 1));
}

/** Divides each row by its length; a row of zeros stays one, with a finite gradient. */
export function normaliseRows(tf: TensorFlow, z: Tensor2D): Tensor2D {
  return tf.mul(z, tf.rsqrt(tf.add(tf.sum(tf.square(z), 1, true), 1e-12)));
}
