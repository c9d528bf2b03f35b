import type { JsonSchema } from "../../../runner/step-api.js";

export interface PlotOptions {
  readonly along: string;
  readonly metric: string;
  readonly level: number;
  readonly spacing: "even" | "linear" | "log";
  readonly title: string;
  readonly xLabel: string;
  readonly limit: string;
}

export const schema: JsonSchema = {
  type: "object",
  properties: {
    along: {
      type: "string",
      minLength: 1,
      description:
        "axis of `curve` to draw along; its other axes (seeds) are repeats. Gather all with `over`",
    },
    metric: {
      type: "string",
      minLength: 1,
      default: "accuracy",
      description: "which number of the reports to draw",
    },
    level: {
      type: "number",
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.95,
      description: "confidence level of the t-intervals over repeats",
    },
    spacing: {
      enum: ["even", "linear", "log"],
      default: "even",
      description:
        "even: a place for each value, in the order given; linear, log: where numbers lie (log: all above 0)",
    },
    title: { type: "string", default: "", description: "what stands above" },
    xLabel: { type: "string", default: "", description: "what stands below; by default the axis's name" },
    limit: { type: "string", default: "limit", description: "name of the point of the role `limit`" },
  },
  required: ["along"],
  additionalProperties: false,
};
