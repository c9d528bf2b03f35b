import { alignmentUniformityLoss } from "./alignment.js";
import { ntXentLoss, supconLoss } from "./contrastive.js";
import type { ContrastiveLoss } from "./contrastive-loss.js";

/** The losses of contrastive training, by the name that pipelines write as `objective.kind`. */
export const contrastiveLosses: Readonly<Record<string, ContrastiveLoss>> = {
  "nt-xent": ntXentLoss,
  supcon: supconLoss,
  "alignment-uniformity": alignmentUniformityLoss,
};
