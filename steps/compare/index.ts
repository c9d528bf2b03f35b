import { defineStep } from "../../runner/step-api.js";

export interface CompareOptions {
  readonly metric: string;
  readonly level: number;
}

/** Generated against real, paired by seed, with the baselines that keep both honest beside them. */
export default defineStep<CompareOptions>({
  kind: "compare",
  summary: "Compares probes of two arms, paired by seed, beside a random encoder and raw pixels",
  with: {
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
        description: "confidence level of the t-intervals",
      },
    },
    additionalProperties: false,
  },
  inputs: {
    generated: "probes of encoders trained on generated views; gather the seeds with `over`",
    real: "probes of encoders trained on real images, of the same seeds",
    random: { doc: "probes of untrained encoders, of the same seeds", optional: true },
    raw: { doc: "a probe on raw pixels", optional: true },
  },
  outputs: {
    table: "a folder: comparison.json, table.md, table.csv",
  },
  run: async ctx => (await import("./run.js")).run(ctx),
});
