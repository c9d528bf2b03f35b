import type { StepFunction, Tensor, Tensor1D, Tensor2D, TensorFlow } from "../../engine/index.js";
import type { ContrastiveLoss } from "../../nn/losses/contrastive-loss.js";
import { contrastiveLosses } from "../../nn/losses/index.js";
import type { ModelSpec } from "../../nn/model.js";
import { trainForward } from "../../nn/net.js";
import type { Optimiser } from "../../nn/optimisers/optimiser.js";
import { updateFunction } from "../../nn/optimisers/update.js";
import { type ContrastiveParts, defaultObjective, type ObjectiveOptions } from "./contrastive-options.js";

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
  /** Losses beside vistas's own. */
  readonly losses?: ContrastiveParts["losses"];
}

/**
 * An update of contrastive training. Inputs: `pixels` [views * anchors, H, W, C], row v * anchors + i being view v of
 * anchor i; of labelled losses `labels` [views * anchors]; and the optimiser's scalars. Outputs: `loss`, the one
 * before the update.
 */
export function contrastiveStep(tf: TensorFlow, options: ContrastiveStep): StepFunction {
  const { spec, params, views, temperature, optimiser, objective = defaultObjective } = options;
  const chosen = lossOf(objective, options.losses);
  return updateFunction(tf, params, optimiser, (state, { pixels, labels }) => {
    const { y, running } = trainForward(tf, spec, state, pixels as Tensor);
    const batch = { views, temperature, options: objective, ...(labels && { labels: labels as Tensor1D }) };
    return { value: chosen.loss(tf, y as Tensor2D, batch), aux: running };
  });
}

/** The loss of this name: vistas's, or one of `own`. */
export function lossOf({ kind }: ObjectiveOptions, own: ContrastiveParts["losses"] = {}): ContrastiveLoss {
  const loss = contrastiveLosses[kind] ?? own[kind];
  if (loss === undefined) throw new Error(`there is no loss '${kind}'`);
  return loss;
}
