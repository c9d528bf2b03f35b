import { defineStep } from "../../../runner/step-api.js";
import { fitInputs, fitSchemas, reportDoc } from "../../evaluation/fit-options.js";
import type { KnnOptions } from "./run.js";

/**
 * The k-nearest-neighbour classifier (Cover & Hart, "Nearest Neighbor Pattern Classification", 1967), exact: a
 * representation is good when images of a class lie side by side in it. Nothing is trained, so nothing is tuned.
 */
export default defineStep<KnnOptions>({
  kind: "evaluate-knn",
  summary: "Classifies images by the labels of their nearest neighbours in feature space, and tests that.",
  with: {
    type: "object",
    additionalProperties: false,
    properties: {
      k: {
        type: "integer",
        minimum: 1,
        maximum: 10000,
        default: 5,
        description: "How many neighbours vote.",
      },
      p: {
        enum: [1, 2],
        default: 2,
        description: "Distance: 2 is Euclidean, 1 Manhattan, the sum of absolute differences.",
      },
      weights: {
        enum: ["uniform", "distance"],
        default: "uniform",
        description:
          "uniform: each neighbour has one vote; distance: 1 / distance, and an equal image decides alone.",
      },
      ...fitSchemas,
    },
  },
  inputs: fitInputs,
  outputs: {
    report: { doc: `${reportDoc} neighbours.png: test images with their nearest.`, type: "report" },
  },
  numeric: true,
  async run(ctx) {
    const { runKnn } = await import("./run.js");
    await runKnn(ctx);
  },
});
