import type { Draws, Json, JsonObject } from "../../runner/step-api.js";

/** T_x of a view, as pipelines write it; what is left out is not done. See augment.ts for the formulas. */
export type AugmentOptions = {
  readonly crop?: CropOptions;
  /** Probability of a horizontal flip. */
  readonly flip?: number;
  /** The factor is drawn from [max(0, 1 - b), 1 + b]. */
  readonly brightness?: number;
  /** As brightness. */
  readonly contrast?: number;
  /** Probability that brightness and contrast are changed at all; default 1. */
  readonly jitter?: number;
};

export type CropOptions = {
  /** The crop's share of the image's area. */
  readonly scale: readonly [min: number, max: number];
  /** Width / height of the crop; default [3/4, 4/3]. */
  readonly ratio?: readonly [min: number, max: number];
};

/** A change of pictures that a kind brings, and pipelines write by its name in `augment`. */
export interface Augmentation {
  /** The JSON Schema of what pipelines write after its name. */
  readonly options: JsonObject;
  /** Makes the change, which is of one picture [H, W, C] of numbers in [0, 1], in place. */
  make(
    options: Json,
    shape: readonly [height: number, width: number, channels: number],
  ): (image: Float32Array, draws: Draws) => void;
}

const probability = { type: "number", minimum: 0, maximum: 1 } as const;
const factor = { type: "number", minimum: 0, maximum: 1 } as const;
const range = (minimum: number, maximum: number): JsonObject => ({
  type: "array",
  items: { type: "number", exclusiveMinimum: minimum, maximum },
  minItems: 2,
  maxItems: 2,
});

/** The options' JSON Schema, for every kind that augments; `own`: augmentations beside vistas's. */
export function augmentSchema(own: Readonly<Record<string, Augmentation>> = {}): JsonObject {
  const added = Object.entries(own).map(([name, { options }]) => {
    if (name in properties)
      throw new TypeError(`vistas has an augmentation '${name}'; give yours another name`);
    return [name, options] as const;
  });
  return {
    type: "object",
    description: "T_x: random changes of the picture of each view; what is left out is not done",
    properties: { ...properties, ...Object.fromEntries(added) },
    additionalProperties: false,
  };
}

const properties: JsonObject = {
  crop: {
    type: "object",
    description: "random resized crop",
    properties: {
      scale: { ...range(0, 1), description: "the crop's share of the area, [min, max]" },
      ratio: {
        ...range(0, 16),
        description: "width / height of the crop, [min, max]; by default [3/4, 4/3]",
      },
    },
    required: ["scale"],
    additionalProperties: false,
  },
  flip: { ...probability, description: "probability of a horizontal flip" },
  brightness: { ...factor, description: "b: multiply by a factor from [1 - b, 1 + b]" },
  contrast: {
    ...factor,
    description: "c: move away from or towards the mean by a factor from [1 - c, 1 + c]",
  },
  jitter: {
    ...probability,
    description: "probability that brightness and contrast are changed; by default 1",
  },
};
