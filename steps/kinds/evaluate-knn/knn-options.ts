import type { JsonObject } from "../../../runner/step-api.js";
import { type FitOptions, fitSchemas } from "../../evaluation/fit-options.js";
import type { Metric } from "./neighbours.js";
import type { Weights } from "./vote.js";

export interface KnnOptions extends FitOptions {
  readonly k: number;
  readonly p: Metric;
  readonly weights: Weights;
}

/** Their JSON Schemas. */
export const knnSchemas: JsonObject = {
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
};
