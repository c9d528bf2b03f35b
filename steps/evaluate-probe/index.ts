import { defineStep } from "../../runner/step-api.js";
import type { ProbeOptions } from "./run.js";

/**
 * The linear probe: how good a frozen representation is, told by multinomial logistic regression on it.
 * Without an encoder the features are the raw pixels, the baseline that stands beside every result.
 */
export default defineStep<ProbeOptions>({
  kind: "evaluate-probe",
  summary: "Fits a linear classifier on frozen features of labelled images, and tests it on others.",
  with: {
    type: "object",
    additionalProperties: false,
    properties: {
      l2: {
        type: "number",
        minimum: 0,
        default: 0.001,
        description: "Weight decay: (l2 / 2) |W|^2 is added to the mean cross-entropy.",
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
        description: "How many labelled training images to use, the same number of each class; 0: all.",
      },
      seed: { type: "integer", minimum: 0, default: 0, description: "Which images `labels` picks." },
      maxIterations: {
        type: "integer",
        minimum: 1,
        default: 1000,
        description: "The optimiser stops here at the latest.",
      },
      tolerance: {
        type: "number",
        exclusiveMinimum: 0,
        default: 0.0003,
        description:
          "The optimiser stops when no partial derivative is larger; smaller moves few predictions.",
      },
    },
  },
  inputs: {
    encoder: { doc: "A trained or random encoder; without it the features are raw pixels.", optional: true },
    train: "Labelled images to fit on.",
    test: "Labelled images to test on, of the same classes.",
  },
  outputs: {
    report: "report.json (accuracy, per class, confusion matrix), predictions.npy, confusion.png.",
  },
  numeric: true,
  async run(ctx) {
    const { runProbe } = await import("./run.js");
    await runProbe(ctx);
  },
});
