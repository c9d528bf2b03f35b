import type { Scalar, Tensor2D, TensorFlow } from "../../engine/types.js";
import { normaliseRows } from "./contrastive.js";
import type { ContrastiveLoss } from "./contrastive-loss.js";

export const alignmentUniformityLoss: ContrastiveLoss = {
  summary: "Wang & Isola 2020",
  options: {
    t: {
      type: "number",
      exclusiveMinimum: 0,
      default: 2,
      description: "alignment-uniformity: how fast the push between two latents fades with their distance.",
    },
    weight: {
      type: "number",
      minimum: 0,
      default: 1,
      description: "alignment-uniformity: of uniformity against alignment.",
    },
  },
  loss: (tf, z, { views, options }) =>
    alignmentUniformity(tf, z, views, { t: Number(options["t"]), weight: Number(options["weight"]) }),
};

/**
 * Alignment and uniformity (Wang & Isola, "Understanding Contrastive Representation Learning through Alignment and
 * Uniformity on the Hypersphere", ICML 2020, section 4) of latents z [views * anchors, D], row v * anchors + i being
 * view v of anchor i, each brought to length 1:
 *
 *   mean over positive pairs of |x - y|^2  +  weight * log (mean over pairs of anchors of exp(-t |x - y|^2))
 *
 * The first over all pairs of views of an anchor, the second within each view, averaged over the views.
 * Throws a RangeError unless there are 2 views and 2 anchors or more.
 */
export function alignmentUniformity(
  tf: TensorFlow,
  z: Tensor2D,
  views: number,
  { t, weight }: { readonly t: number; readonly weight: number },
): Scalar {
  const anchors = z.shape[0] / views;
  if (views < 2 || anchors < 2 || !Number.isInteger(anchors))
    throw new RangeError(
      `${z.shape[0]} latents are not 2 or more views of 2 or more anchors (views: ${views}).`,
    );
  const unit = normaliseRows(tf, z);
  const each = Array.from({ length: views }, (_, v) => tf.slice(unit, [v * anchors, 0], [anchors, -1]));
  const pairs = each.flatMap((x, v) => each.slice(v + 1).map(y => [x, y] as const));
  const alignments = pairs.map(([x, y]) => tf.mul<Scalar>(tf.sum(tf.squaredDifference(x, y)), 1 / anchors));
  const uniformities = each.map(x => uniformity(tf, x, t));
  return tf.add(mean(tf, alignments), tf.mul(mean(tf, uniformities), weight));
}

/** log of the mean over pairs i != j of exp(-t |x_i - x_j|^2), x [N, D] of length 1: then |x_i - x_j|^2 = 2 - 2 x_i x_j. */
function uniformity(tf: TensorFlow, x: Tensor2D, t: number): Scalar {
  const n = x.shape[0];
  const near = tf.exp(tf.mul(tf.sub(tf.matMul(x, x, false, true), 1), 2 * t));
  const others = tf.mul(near, tf.sub(1, tf.eye(n)));
  return tf.log(tf.mul<Scalar>(tf.sum(others), 1 / (n * (n - 1))));
}

function mean(tf: TensorFlow, values: readonly Scalar[]): Scalar {
  return tf.mul(tf.addN([...values]), 1 / values.length);
}
