/** `vistas/training`: kinds of contrastive training with parts of your own, and the loop for kinds that differ more. */
export type { ContrastiveOptions, ContrastiveParts } from "../kinds/train-contrastive/contrastive-options.js";
export { defineContrastive } from "../kinds/train-contrastive/define-contrastive.js";
export {
  checkpointSchema,
  type OptimiserOptions,
  optimiserSchema,
} from "../nn/optimisers/optimiser-options.js";
export { makeOptimiser } from "../nn/optimisers/optimisation.js";
export type { EncoderOptions, EncoderType } from "../training/encoder-options.js";
export { type BatchSource, localBatches } from "../training/feed.js";
export { batchOrder } from "../training/order.js";
export { type Batch, serveBatches } from "../training/feed.js";
export { startState, type TrainState } from "../training/checkpoints.js";
export { train, type Trained, type Training } from "../training/train.js";
