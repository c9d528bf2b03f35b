import type { JsonObject } from "../../../runner/step-api.js";
import type { AugmentOptions } from "../../nn/augment-options.js";
import { type EncoderOptions, sizes } from "../../training/encoder-options.js";
import type { OptimiserOptions } from "../../nn/optimisers/optimiser-options.js";
import type { ObjectiveOptions } from "./objective-options.js";

export type ContrastiveOptions = {
  readonly encoder: EncoderOptions;
  readonly head: readonly number[];
  /** Left out: NT-Xent. */
  readonly objective?: ObjectiveOptions;
  readonly temperature: number;
  readonly updates: number;
  readonly batch: number;
  readonly views: number;
  readonly augment: AugmentOptions;
  readonly noise: number;
  readonly optimiser: OptimiserOptions;
  readonly checkpoint: number;
  readonly seed: number;
};

export const headSchema: JsonObject = sizes(
  [128, 64],
  "Units of the projection head's layers, which sits between the features and the loss, and is not probed.",
);
