import type { JsonObject } from "../../../runner/step-api.js";
import { type FitOptions, fitSchemas } from "../../evaluation/fit-options.js";
import type { MultiClass } from "./logistic-loss.js";

export interface ProbeOptions extends FitOptions {
  readonly l2: number;
  readonly multiClass: MultiClass;
  readonly maxIterations: number;
  readonly tolerance: number;
}

/** Their JSON Schemas. */
export const probeSchemas: JsonObject = {
  l2: {
    type: "number",
    minimum: 0,
    default: 0.001,
    description: "Weight decay: (l2 / 2) |W|^2 is added to the mean cross-entropy.",
  },
  multiClass: {
    enum: ["multinomial", "one-vs-rest"],
    default: "multinomial",
    description: "One softmax over all classes, or a binary regression for each class, and the surest wins.",
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
    description: "The optimiser stops when no partial derivative is larger; smaller moves few predictions.",
  },
};
