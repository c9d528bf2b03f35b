import { defineStep } from "../../runner/step-api.js";

export interface PlotOptions {
  readonly along: string;
  readonly metric: string;
  readonly level: number;
  readonly spacing: "even" | "linear" | "log";
  readonly title: string;
  readonly xLabel: string;
  readonly limit: string;
}

/** A metric against an axis, with intervals over the repeats: what a sweep found, as one looks at it. */
export default defineStep<PlotOptions>({
  kind: "plot",
  summary:
    "Draws a metric of evaluations along an axis: means with t-intervals, and lines to hold them against",
  with: {
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
  },
  inputs: {
    curve: { doc: "reports along the axis, with their repeats", accepts: "report" },
    limit: { doc: "reports of one more point, beyond the axis's end", accepts: "report", optional: true },
    real: {
      doc: "reports to hold the curve against: trained on real images",
      accepts: "report",
      optional: true,
    },
    random: {
      doc: "reports to hold the curve against: of untrained encoders",
      accepts: "report",
      optional: true,
    },
    raw: { doc: "reports to hold the curve against: raw pixels", accepts: "report", optional: true },
  },
  outputs: {
    figure: { doc: "a folder: figure.svg, table.md, table.csv", type: "figure" },
  },
  run: async ctx => (await import("./run.js")).run(ctx),
});
