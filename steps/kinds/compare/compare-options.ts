import type { JsonSchema } from "../../../runner/step-api.js";

export interface CompareOptions {
  readonly metric: string;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}

export const schema: JsonSchema = {
  type: "object",
  properties: {
    metric: {
      type: "string",
      minLength: 1,
      default: "accuracy",
      description: "which number of the probes' report.json to compare",
    },
    level: {
      type: "number",
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.95,
      description: "confidence level of the intervals",
    },
    resamples: {
      type: "integer",
      minimum: 100,
      maximum: 1_000_000,
      default: 10_000,
      description: "with `test`: how often the test images are resampled",
    },
    seed: { type: "integer", default: 0, description: "with `test`: of the resampling" },
  },
  additionalProperties: false,
};
