import type { JsonObject, JsonSchema } from "../../../runner/step-api.js";
import { ADVERSARIAL_LOSSES, type AdversarialLoss } from "../../nn/losses/adversarial.js";
import {
  checkpointSchema,
  type OptimiserOptions,
  optimiserSchema,
} from "../../nn/optimisers/optimiser-options.js";

export type GeneratorOptions = {
  readonly family: "vae" | "gan";
  readonly architecture: "mlp" | "conv";
  readonly latentDim: number;
  /** Units of the dense layers from image to latent; the generator has them in reverse. */
  readonly hidden: readonly number[];
  /** Of conv: filters of the convolutions before the dense layers, each halving the image. */
  readonly channels: readonly number[];
  readonly beta: number;
  readonly adversarial: AdversarialOptions;
  readonly updates: number;
  readonly batch: number;
  readonly optimiser: OptimiserOptions;
  readonly checkpoint: number;
  readonly seed: number;
  readonly fdSamples: number;
};

/** Of a GAN. */
export type AdversarialOptions = {
  readonly loss: AdversarialLoss;
  /** The generator is given a class, and the discriminator asked whether an image is one of it. */
  readonly conditional: boolean;
  /** Of the discriminator. */
  readonly normalisation: "batch" | "spectral" | "none";
  /** The discriminator's layers, where they are not to mirror the generator's. */
  readonly architecture?: GeneratorOptions["architecture"];
  readonly hidden?: readonly number[];
  readonly channels?: readonly number[];
  /** The discriminator's learning rate, as a multiple of the generator's. */
  readonly pace: number;
  /** Decay of the generator's weight averages, which are what is kept. */
  readonly averaging: number;
  /** Adam's. */
  readonly beta1: number;
};

const sizes = (fallback: readonly number[] | undefined, description: string): JsonObject => ({
  type: "array",
  items: { type: "integer", minimum: 1, maximum: 65536 },
  ...(fallback && { default: fallback }),
  description,
});

const adversarial: JsonObject = {
  type: "object",
  default: {},
  description: "gan: the game of generator and discriminator.",
  additionalProperties: false,
  properties: {
    loss: {
      enum: ADVERSARIAL_LOSSES,
      default: "non-saturating",
      description: "non-saturating (Goodfellow et al. 2014), or hinge (Lim & Ye 2017).",
    },
    conditional: {
      type: "boolean",
      default: false,
      description: "The data's labels are learnt too: whoever samples chooses the class.",
    },
    normalisation: {
      enum: ["batch", "spectral", "none"],
      default: "batch",
      description:
        "Of the discriminator: batch norm but in its first layer (Radford et al. 2016), kernels divided by their " +
        "largest singular value (Miyato et al. 2018), or none.",
    },
    architecture: {
      enum: ["mlp", "conv"],
      description: "Of the discriminator, where it is not to mirror the generator.",
    },
    hidden: sizes(undefined, "Of the discriminator, where it is not to mirror the generator."),
    channels: sizes(undefined, "Of the discriminator, where it is not to mirror the generator."),
    pace: {
      type: "number",
      exclusiveMinimum: 0,
      default: 1,
      description:
        "The discriminator's learning rate, as a multiple of the generator's (Heusel et al. 2017).",
    },
    averaging: {
      type: "number",
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.999,
      description:
        "Decay of the averages of the generator's weights, which are what is kept; 0: the last weights.",
    },
    beta1: {
      type: "number",
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.5,
      description: "Adam's memory of past gradients (0.9 elsewhere), short because the opponent moves.",
    },
  },
};

export const schema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    family: {
      enum: ["vae", "gan"],
      default: "vae",
      description: "vae: variational auto-encoder; gan: generative adversarial network.",
    },
    architecture: {
      enum: ["mlp", "conv"],
      default: "mlp",
      description:
        "mlp: dense layers alone; conv: strided convolutions first, mirrored in the generator (of a GAN: DCGAN).",
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
      description: "vae: weight of the KL term (Higgins et al. 2017); 1 is the evidence lower bound.",
    },
    adversarial,
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
      description:
        "Samples, and as many images, for the Frechet distance: at most all held-out ones, or half of the training images.",
    },
  },
};
