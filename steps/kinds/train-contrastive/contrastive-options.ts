import type { JsonObject } from "../../../runner/step-api.js";
import type { AugmentOptions, Augmentation } from "../../nn/augment-options.js";
import type { LayerTypes } from "../../nn/layers/layer.js";
import type { ContrastiveLoss } from "../../nn/losses/contrastive-loss.js";
import type { OptimiserOptions } from "../../nn/optimisers/optimiser-options.js";
import type { EncoderOptions, EncoderType } from "../../training/encoder-options.js";

export type ContrastiveOptions = {
  readonly encoder: EncoderOptions;
  readonly head: readonly number[];
  /** Left out: NT-Xent. */
  readonly objective?: ObjectiveOptions;
  readonly temperature: number;
  readonly updates: number;
  readonly batch: number;
  readonly views: number;
  readonly augment: AugmentOptions & JsonObject;
  readonly noise: number;
  readonly optimiser: OptimiserOptions;
  readonly checkpoint: number;
  readonly seed: number;
};

/** What training lowers, as pipelines write it: a loss's name, and its own options. */
export type ObjectiveOptions = JsonObject & { readonly kind: string };

/** SimCLR's. */
export const defaultObjective: ObjectiveOptions = { kind: "nt-xent" };

/** What a kind of contrastive training brings beside vistas's own, all by the names that pipelines write. */
export interface ContrastiveParts {
  /** Of `objective.kind`. */
  readonly losses?: Readonly<Record<string, ContrastiveLoss>>;
  /** Of `encoder.kind`. */
  readonly encoders?: Readonly<Record<string, EncoderType>>;
  /** Types of the layers of encoders. */
  readonly layers?: LayerTypes;
  /** Of `augment`: done in this order, after vistas's own. */
  readonly augmentations?: Readonly<Record<string, Augmentation>>;
}
