import { defineStep } from "../../../runner/step-api.js";
import { augmentSchema } from "../../nn/augment-options.js";
import { checkpointSchema, optimiserSchema } from "../../nn/optimisers/optimiser-options.js";
import { encoderSchema } from "../../training/encoder-options.js";
import { objectiveSchema } from "./objective-options.js";
import { type ContrastiveOptions, headSchema } from "./contrastive-options.js";

/**
 * SimCLR (Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020) on views
 * that a generator made (Jahanian et al., ICLR 2022) or on T_x views of real images: one kind for both arms of the
 * comparison, so that they differ in their data alone.
 */
export default defineStep<ContrastiveOptions>({
  kind: "train-contrastive",
  summary:
    "Trains an encoder to tell views of one thing from views of others; updates: 0 makes a random one.",
  with: {
    type: "object",
    additionalProperties: false,
    properties: {
      encoder: encoderSchema,
      head: headSchema,
      objective: objectiveSchema,
      temperature: {
        type: "number",
        exclusiveMinimum: 0,
        default: 0.2,
        description: "Of nt-xent and supcon.",
      },
      updates: {
        type: "integer",
        minimum: 0,
        default: 500,
        description: "Optimiser steps; 0 keeps the initial encoder, the baseline of the same seed.",
      },
      batch: { type: "integer", minimum: 2, default: 128, description: "Anchors in an update." },
      views: {
        type: "integer",
        minimum: 2,
        default: 2,
        description: "Views of each anchor in an update; more than 2 have several positives each.",
      },
      augment: { ...augmentSchema, default: {} },
      noise: {
        type: "number",
        minimum: 0,
        default: 0,
        description: "Standard deviation of Gaussian noise on each pixel of each view; white is 1.",
      },
      optimiser: optimiserSchema(0.001),
      checkpoint: checkpointSchema(250),
      seed: {
        type: "integer",
        minimum: 0,
        default: 0,
        description: "Initialisation, data order and augmentation.",
      },
    },
  },
  inputs: {
    views: { doc: "Generated views, from sample-views.", accepts: "views", optional: true },
    images: {
      doc: "Real images, in place of generated views; labels are looked at by supcon alone.",
      accepts: "images",
      optional: true,
    },
  },
  outputs: {
    encoder: {
      doc: "model.safetensors, model.json (layers, recipe) and curve.json (loss by update).",
      type: "encoder",
    },
  },
  numeric: true,
  effort: ["updates", "batch"],
  async run(ctx) {
    const { trainContrastive } = await import("./run.js");
    await trainContrastive(ctx);
  },
});
