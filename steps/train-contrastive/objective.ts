import type { Scalar, Tensor2D, TensorFlow } from "../engine/index.js";
import { alignmentUniformity } from "../nn/alignment.js";
import { multiPositive, ntXent } from "../nn/contrastive.js";
import type { ObjectiveOptions } from "./objective-options.js";

/**
 * The loss of latents z [M, D], M = views x anchors, all first views before all second ones. `targets` [M, M], of
 * `supcon` alone: each row's distribution over its positives.
 */
export function objectiveLoss(
  tf: TensorFlow,
  z: Tensor2D,
  targets: Tensor2D | undefined,
  options: {
    readonly objective: ObjectiveOptions;
    readonly views: number;
    readonly temperature: number;
  },
): Scalar {
  const { objective, views, temperature } = options;
  switch (objective.kind) {
    case "nt-xent":
      return ntXent(tf, z, views, temperature);
    case "supcon":
      if (targets === undefined) throw new Error("Internal error: supcon without targets.");
      return multiPositive(tf, z, targets, temperature);
    case "alignment-uniformity":
      return alignmentUniformity(tf, z, views, objective);
  }
}
