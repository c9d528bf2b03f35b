import type { Scalar, Tensor1D, Tensor2D, TensorFlow } from "../../engine/index.js";
import { alignmentUniformity } from "../../nn/losses/alignment.js";
import { labelTargets, multiPositive, ntXent } from "../../nn/losses/contrastive.js";
import type { ObjectiveOptions } from "./objective-options.js";

/**
 * The loss of latents z [M, D], M = views x anchors, all first views before all second ones. `labels` [M], of `supcon`
 * alone: the class of each row.
 */
export function objectiveLoss(
  tf: TensorFlow,
  z: Tensor2D,
  labels: Tensor1D | undefined,
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
      if (labels === undefined) throw new Error("Internal error: supcon without labels.");
      return multiPositive(tf, z, labelTargets(tf, labels), temperature);
    case "alignment-uniformity":
      return alignmentUniformity(tf, z, views, objective);
  }
}
