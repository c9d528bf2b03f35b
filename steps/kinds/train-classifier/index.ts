import { defineStep } from "../../../runner/step-api.js";
import { augmentSchema } from "../../nn/augment-options.js";
import { encoderSchema } from "../../training/encoder-options.js";
import { checkpointSchema, optimiserSchema } from "../../nn/optimisers/optimiser-options.js";
import type { ClassifierOptions } from "./classifier-options.js";

/**
 * The supervised objective: an encoder with one linear layer on top, trained with cross-entropy on labelled images.
 * What labels alone can give, for the same architecture, to hold a representation learned without them against.
 */
export default defineStep<ClassifierOptions>({
  kind: "train-classifier",
  summary: "Trains an encoder and a linear layer on top with cross-entropy on labelled images.",
  with: {
    type: "object",
    additionalProperties: false,
    properties: {
      encoder: encoderSchema(),
      standardise: {
        type: "boolean",
        default: false,
        description:
          "The encoder begins by shifting and scaling each pixel to mean 0, variance 1 on the training images.",
      },
      l2: {
        type: "number",
        minimum: 0,
        default: 0,
        description: "(l2 / 2) |W|^2 of all kernels is added to the mean cross-entropy.",
      },
      updates: {
        type: "integer",
        minimum: 0,
        default: 1000,
        description: "Optimiser steps; 0 keeps the initial weights.",
      },
      batch: { type: "integer", minimum: 1, default: 128, description: "Images in an update." },
      augment: { ...augmentSchema(), default: {} },
      noise: {
        type: "number",
        minimum: 0,
        default: 0,
        description: "Standard deviation of Gaussian noise on each pixel; white is 1.",
      },
      optimiser: optimiserSchema(0.001),
      checkpoint: checkpointSchema(1000),
      seed: {
        type: "integer",
        minimum: 0,
        default: 0,
        description: "Initialisation, data order and augmentation.",
      },
    },
  },
  inputs: { images: { doc: "Labelled images.", accepts: "images" } },
  outputs: {
    classifier: {
      doc: "model.safetensors, model.json (layers, classes, recipe) and curve.json (loss by update): an encoder too.",
      type: "classifier",
    },
  },
  numeric: true,
  effort: ["updates", "batch"],
  async run(ctx) {
    const { trainClassifier } = await import("./run.js");
    await trainClassifier(ctx);
  },
});
