import { defineStep, type JsonObject, type StepDefinition } from "../../../runner/step-api.js";
import { augmentSchema } from "../../nn/augment-options.js";
import { allLayers } from "../../nn/layers/index.js";
import type { ContrastiveLoss } from "../../nn/losses/contrastive-loss.js";
import { contrastiveLosses } from "../../nn/losses/index.js";
import { checkpointSchema, optimiserSchema } from "../../nn/optimisers/optimiser-options.js";
import { encoderSchema, sizes } from "../../training/encoder-options.js";
import type { ContrastiveOptions, ContrastiveParts } from "./contrastive-options.js";

/**
 * A kind of contrastive training: `train-contrastive`, with losses, encoders, layers and augmentations of the
 * caller's beside vistas's own. They are part of the new kind's key alone.
 * Throws a TypeError where a name or an option is vistas's already.
 */
export function defineContrastive({
  kind,
  summary,
  ...parts
}: {
  readonly kind: string;
  readonly summary: string;
} & ContrastiveParts): StepDefinition<ContrastiveOptions> {
  allLayers(parts.layers);
  return defineStep<ContrastiveOptions>({
    kind,
    summary,
    with: {
      type: "object",
      additionalProperties: false,
      properties: {
        encoder: encoderSchema(parts.encoders),
        head: sizes(
          [128, 64],
          "Units of the projection head's layers, which sits between the features and the loss, and is not probed.",
        ),
        objective: objectiveSchema(parts.losses),
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
        augment: { ...augmentSchema(parts.augmentations), default: {} },
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
      await trainContrastive(ctx, parts);
    },
  });
}

function objectiveSchema(own: Readonly<Record<string, ContrastiveLoss>> = {}): JsonObject {
  const losses = { ...contrastiveLosses, ...own };
  const options: Record<string, JsonObject[string]> = {};
  for (const name of Object.keys(own))
    if (name in contrastiveLosses)
      throw new TypeError(`vistas has a loss '${name}'; give yours another name`);
  for (const [name, loss] of Object.entries(losses))
    for (const [option, schema] of Object.entries(loss.options ?? {})) {
      if (option === "kind" || option in options)
        throw new TypeError(`the option '${option}' of the loss '${name}' belongs to another; rename it`);
      options[option] = schema;
    }
  return {
    type: "object",
    default: {},
    description: "What training lowers.",
    additionalProperties: false,
    properties: {
      kind: {
        enum: Object.keys(losses),
        default: "nt-xent",
        description: `${Object.entries(losses)
          .map(([name, loss]) => `${name}: ${loss.summary}`)
          .join("; ")}.`,
      },
      ...options,
    },
  };
}
