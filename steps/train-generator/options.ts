import type { JsonObject, JsonSchema } from "../../runner/step-api.js";
import { checkpointSchema, type OptimiserOptions, optimiserSchema } from "../training/optimiser-options.js";

export type GeneratorOptions = {
  readonly family: "vae";
  readonly architecture: "mlp" | "conv";
  readonly latentDim: number;
  /** Units of the dense layers from image to latent; the generator has them in reverse. */
  readonly hidden: readonly number[];
  /** Of conv: filters of the convolutions before the dense layers, each halving the image. */
  readonly channels: readonly number[];
  readonly beta: number;
  readonly updates: number;
  readonly batch: number;
  readonly optimiser: OptimiserOptions;
  readonly checkpoint: number;
  readonly seed: number;
  readonly fdSamples: number;
};

const sizes = (fallback: readonly number[], description: string): JsonObject => ({
  type: "array",
  items: { type: "integer", minimum: 1, maximum: 65536 },
  default: fallback,
  description,
});

export const schema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    family: { enum: ["vae"], default: "vae", description: "vae: variational auto-encoder." },
    architecture: {
      enum: ["mlp", "conv"],
      default: "mlp",
      description: "mlp: dense layers alone; conv: strided convolutions first, mirrored in the generator.",
    },
    latentDim: { type: "integer", minimum: 1, maximum: 4096, default: 16, description: "Length of z." },
    hidden: sizes(
      [512, 256],
      "Units of the dense layers from image to latent; the generator has them in reverse.",
    ),
    channels: sizes([32, 64], "conv: filters of the convolutions; each halves height and width."),
    beta: {
      type: "number",
      minimum: 0,
      default: 1,
      description: "Weight of the KL term (Higgins et al. 2017); 1 is the evidence lower bound.",
    },
    updates: { type: "integer", minimum: 0, default: 5000, description: "Optimiser steps." },
    batch: { type: "integer", minimum: 1, default: 128, description: "Images in an update." },
    optimiser: optimiserSchema(0.001),
    checkpoint: checkpointSchema(1000),
    seed: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "Initialisation, data order, latent noise.",
    },
    fdSamples: {
      type: "integer",
      minimum: 2,
      default: 10000,
      description: "Samples, and as many images, for the Frechet distance; half of the images at most.",
    },
  },
};
