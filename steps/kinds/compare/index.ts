import { defineStep } from "../../../runner/step-api.js";
import { type CompareOptions, schema } from "./compare-options.js";

/**
 * Generated against real, paired by seed, with the baselines that keep both honest beside them. Intervals: over blocks
 * (seeds) by Student's t, and with `test` over test images by the bootstrap (test-images.ts says what each leaves out).
 */
export default defineStep<CompareOptions>({
  kind: "compare",
  summary: "Compares probes of two arms, paired by seed, beside a random encoder and raw pixels",
  with: schema,
  inputs: {
    generated: {
      doc: "probes of encoders trained on generated views; gather the seeds with `over`",
      accepts: "report",
    },
    real: { doc: "probes of encoders trained on real images, of the same seeds", accepts: "report" },
    random: { doc: "probes of untrained encoders, of the same seeds", accepts: "report", optional: true },
    raw: { doc: "a probe on raw pixels", accepts: "report", optional: true },
    test: {
      doc: "the labelled images that the probes were tested on: gives a bootstrap over test images",
      accepts: "images",
      optional: true,
    },
  },
  outputs: {
    table: { doc: "a folder: comparison.json, table.md, table.csv", type: "table" },
  },
  run: async ctx => (await import("./run.js")).run(ctx),
});
