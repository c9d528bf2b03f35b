import { defineStep } from "../../../runner/step-api.js";
import { type PlotOptions, schema } from "./plot-options.js";

/** A metric against an axis, with intervals over the repeats: what a sweep found, as one looks at it. */
export default defineStep<PlotOptions>({
  kind: "plot",
  summary:
    "Draws a metric of evaluations along an axis: means with t-intervals, and lines to hold them against",
  with: schema,
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
