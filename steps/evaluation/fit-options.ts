import type { JsonObject } from "../../runner/step-api.js";
import { featuresLayer } from "../artifacts/encoder-layers.js";

/** The options of every evaluation that fits on labelled images. */
export interface FitOptions {
  /** Of the encoder: `encoder-layers.ts`. */
  readonly layer: string;
  readonly standardise: boolean;
  readonly labels: number;
  readonly seed: number;
}

/** Their JSON Schemas. */
export const fitSchemas: JsonObject = {
  layer: {
    type: "string",
    default: featuresLayer,
    description:
      "Which layer of the encoder gives the features: its own output, or conv1, conv2, ... (the map, flattened), " +
      "conv1.mean, ... (the mean over its places), dense1, ...; choose on images held out of train.",
  },
  standardise: {
    type: "boolean",
    default: true,
    description: "Shift and scale each feature to mean 0, variance 1 on the training images.",
  },
  labels: {
    type: "integer",
    minimum: 0,
    default: 0,
    description:
      "How many labelled training images to use, the same number of each class: a multiple of their count; 0: all.",
  },
  seed: { type: "integer", minimum: 0, default: 0, description: "Which images `labels` picks." },
};

/** The inputs of such an evaluation. */
export const fitInputs = {
  encoder: {
    doc: "A trained or random encoder; without it the features are raw pixels.",
    accepts: ["encoder", "classifier"],
    optional: true,
  },
  train: { doc: "Labelled images to fit on.", accepts: "images" },
  test: { doc: "Labelled images to test on, of the same classes.", accepts: "images" },
} as const;

/** Their output, in words (evaluation-report.ts). */
export const reportDoc =
  "report.json (accuracy, per class, confusion matrix), predictions.npy, confusion.svg.";
