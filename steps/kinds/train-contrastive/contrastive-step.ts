import type { StepFunction, Tensor, Tensor1D, Tensor2D, TensorFlow } from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import type { Optimiser } from "../../nn/optimisers/optimiser.js";
import { trainForward } from "../../nn/net.js";
import { updateFunction } from "../../nn/optimisers/update.js";
import { defaultObjective, type ObjectiveOptions } from "./objective-options.js";
import { objectiveLoss } from "./objective.js";

export interface ContrastiveStep {
  /** Encoder and head as one chain. */
  readonly spec: ModelSpec;
  /** Names of what is trained. */
  readonly params: readonly string[];
  readonly views: number;
  /** Left out: NT-Xent. */
  readonly objective?: ObjectiveOptions;
  readonly temperature: number;
  readonly optimiser: Optimiser;
}

/**
 * An update of contrastive training. Inputs: `pixels` [views * anchors, H, W, C], row v * anchors + i being view v of
 * anchor i; of supcon `labels` [views * anchors]; and the optimiser's scalars. Outputs: `loss`, the one before the
 * update.
 */
export function contrastiveStep(tf: TensorFlow, options: ContrastiveStep): StepFunction {
  const { spec, params, views, temperature, optimiser, objective = defaultObjective } = options;
  return updateFunction(tf, params, optimiser, (state, { pixels, labels }) => {
    const { y, running } = trainForward(tf, spec, state, pixels as Tensor);
    const given = { objective, views, temperature };
    const value = objectiveLoss(tf, y as Tensor2D, labels as Tensor1D | undefined, given);
    return { value, others: running };
  });
}
