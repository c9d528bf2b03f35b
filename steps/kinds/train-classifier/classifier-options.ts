import type { AugmentOptions } from "../../nn/augment-options.js";
import type { OptimiserOptions } from "../../nn/optimisers/optimiser-options.js";
import type { EncoderOptions } from "../../training/encoder-options.js";

export type ClassifierOptions = {
  readonly encoder: EncoderOptions;
  readonly standardise: boolean;
  readonly l2: number;
  readonly updates: number;
  readonly batch: number;
  readonly augment: AugmentOptions;
  readonly noise: number;
  readonly optimiser: OptimiserOptions;
  readonly checkpoint: number;
  readonly seed: number;
};
