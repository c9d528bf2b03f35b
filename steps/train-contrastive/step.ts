import type { StepFunction, Tensor, Tensor2D, TensorFlow } from "../engine/index.js";
import type { ModelSpec } from "../lib/model.js";
import { ntXent } from "../nn/contrastive.js";
import type { Optimiser } from "../nn/optimiser.js";
import { trainForward } from "../training/net.js";
import { updateFunction } from "../training/update.js";

export interface ContrastiveStep {
  /** Encoder and head as one chain. */
  readonly spec: ModelSpec;
  /** Names of what is trained. */
  readonly params: readonly string[];
  readonly views: number;
  readonly temperature: number;
  readonly optimiser: Optimiser;
}

/**
 * An update of SimCLR (Chen et al. 2020). Inputs: `pixels` [views * anchors, H, W, C], row v * anchors + i being view
 * v of anchor i, and the optimiser's scalars. Outputs: `loss`, the one before the update.
 */
export function contrastiveStep(tf: TensorFlow, options: ContrastiveStep): StepFunction {
  const { spec, params, views, temperature, optimiser } = options;
  return updateFunction(tf, params, optimiser, (state, { pixels }) => {
    const { y, running } = trainForward(tf, spec, state, pixels as Tensor);
    return { value: ntXent(tf, y as Tensor2D, views, temperature), others: running };
  });
}
