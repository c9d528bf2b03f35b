import type { JsonObject } from "../core/json.js";
import { NAME } from "./names.js";

/** The schema of an entry of `expect:`: a claim if it has `claim`, else a metric. */
export function expectationSchema(): JsonObject {
  const source = {
    type: "string",
    description: "Where the expected value comes from.",
    errorMessage: "`source` is a text",
  };
  const over = {
    type: "array",
    items: { type: "string", pattern: NAME, errorMessage: "`over` lists names of axes" },
    uniqueItems: true,
    description: "Axes to take the mean over.",
    errorMessage: "`over` is a list of axes",
  };
  return {
    type: "object",
    description: "A metric with its expected value, or a claim that must hold.",
    errorMessage: "an expectation is a mapping with `metric` or `claim`",
    if: { required: ["claim"] },
    then: {
      required: ["claim", "that"],
      properties: {
        claim: {
          type: "string",
          minLength: 1,
          description: "The claim, in words.",
          errorMessage: "`claim` is a text",
        },
        that: {
          type: "string",
          minLength: 1,
          description: "What must hold of metrics.",
          examples: ["summary.difference >= -0.01"],
          errorMessage: "`that` is a text such as `summary.difference >= -0.01`",
        },
        over,
        source,
      },
      additionalProperties: false,
    },
    else: {
      required: ["metric", "value"],
      properties: {
        metric: {
          type: "string",
          pattern: "^[A-Za-z_][A-Za-z0-9_-]*(\\[[^\\]]*\\])?\\..+$",
          description: "A metric of a step.",
          examples: ["probe.accuracy"],
          errorMessage: "`metric` is `step.metric`, such as `probe.accuracy`",
        },
        value: { type: "number", description: "The expected value.", errorMessage: "`value` is a number" },
        tolerance: {
          type: "number",
          minimum: 0,
          description: "How far off it may be. Default: 0.",
          errorMessage: "`tolerance` is a number of at least 0",
        },
        over,
        source,
      },
      additionalProperties: false,
    },
  };
}
