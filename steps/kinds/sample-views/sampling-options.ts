import type { JsonSchema } from "../../../runner/step-api.js";
import { type AugmentOptions, augmentSchema } from "../../nn/augment-options.js";
import { type Prior, PRIORS } from "../../nn/latents.js";
import type { TransformOptions } from "../../nn/latents.js";

export type SampleViewsOptions = {
  readonly anchors: number;
  readonly views: number;
  readonly transform: TransformOptions;
  readonly prior: "model" | Prior;
  readonly truncation: number;
  readonly augment?: AugmentOptions;
  readonly classes?: readonly number[];
  readonly seed: number;
  readonly shard: number;
};

export const schema: JsonSchema = {
  type: "object",
  properties: {
    anchors: { type: "integer", minimum: 1, maximum: 1e9, description: "how many anchors z to draw" },
    views: {
      type: "integer",
      minimum: 1,
      maximum: 1024,
      default: 2,
      description: "views of each anchor: the first is G(z), the others G(T_z(z))",
    },
    transform: {
      type: "object",
      description: "T_z: how the latents of the further views come from the anchor's",
      properties: {
        kind: {
          enum: ["gaussian", "angular", "independent", "none"],
          default: "gaussian",
          description:
            "gaussian: z + sigma e; angular: the same, brought back to the length of z; independent: a fresh z; none: z",
        },
        sigma: {
          type: "number",
          minimum: 0,
          maximum: 1e6,
          default: 0.3,
          description: "size of the step, in standard deviations of the prior",
        },
        variancePreserving: {
          type: "boolean",
          default: false,
          description: "gaussian: divide by sqrt(1 + sigma^2), so that views keep the prior's variance",
        },
      },
      additionalProperties: false,
      default: {},
    },
    prior: {
      enum: ["model", ...PRIORS],
      default: "model",
      description:
        "distribution of z: the one the generator was trained with; N(0, 1); N(0, 1) cut off at +-2; or uniform, between -1 and 1 unless the generator's is uniform between other ends",
    },
    truncation: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 10,
      default: 1,
      description: "factor on z and on the steps of T_z; below 1: more typical, less varied images",
    },
    augment: augmentSchema(),
    classes: {
      type: "array",
      items: { type: "integer", minimum: 0 },
      minItems: 1,
      uniqueItems: true,
      description:
        "class-conditional generators: draw anchors of these classes alone, each equally often; all by default. The " +
        "views of an anchor have its class",
    },
    seed: { type: "integer", default: 0, description: "seed of anchors, T_z and T_x" },
    shard: {
      type: "integer",
      minimum: 1,
      maximum: 1e6,
      default: 1024,
      description: "anchors made and cached together; changes no image",
    },
  },
  required: ["anchors"],
  additionalProperties: false,
};
