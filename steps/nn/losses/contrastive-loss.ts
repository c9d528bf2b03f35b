import type { JsonObject } from "../../../runner/step-api.js";
import type { Scalar, Tensor1D, Tensor2D, TensorFlow } from "../../engine/types.js";

/** What contrastive training lowers. A new one is an object like this, and a line in `index.ts`. */
export interface ContrastiveLoss {
  /** What belongs together, in words. */
  readonly summary: string;
  /** Options of its own beside `kind`, as JSON Schemas with defaults. */
  readonly options?: JsonObject;
  /** Whether it takes the classes of the rows. */
  readonly labelled?: boolean;
  /**
   * The loss of latents z [M, D], M = views x anchors, all first views before all second ones: row v * anchors + i is
   * view v of anchor i. Pure, and differentiable in z.
   */
  loss(tf: TensorFlow, z: Tensor2D, batch: ContrastiveBatch): Scalar;
}

export interface ContrastiveBatch {
  readonly views: number;
  readonly temperature: number;
  /** The loss's own options, and `kind`. */
  readonly options: JsonObject;
  /** [M], the class of each row, for losses that are `labelled`. */
  readonly labels?: Tensor1D;
}
