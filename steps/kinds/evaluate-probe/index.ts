import { defineStep } from "../../../runner/step-api.js";
import { fitInputs, fitSchemas, reportDoc } from "../../evaluation/fit-options.js";
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
      multiClass: {
        enum: ["multinomial", "one-vs-rest"],
        default: "multinomial",
        description:
          "One softmax over all classes, or a binary regression for each class, and the surest wins.",
      },
      ...fitSchemas,
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
  inputs: fitInputs,
  outputs: { report: { doc: reportDoc, type: "report" } },
  numeric: true,
  async run(ctx) {
    const { runProbe } = await import("./run.js");
    await runProbe(ctx);
  },
});
