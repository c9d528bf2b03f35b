import { testNames, TOLERANCE } from "../../claims/expectation.js";
import type { JsonObject } from "../../core/json.js";
import { NAME } from "./names.js";

/** The schema of an entry of `expect:`: with `test`, a statistical claim; with `claim`, one in words; else a metric. */
export function expectationSchema(): JsonObject {
  return {
    type: "object",
    description: "A metric with its expected value, or a claim that must hold.",
    errorMessage: "an expectation is a mapping with `metric` or `claim`",
    if: { required: ["claim"] },
    then: { if: { required: ["test"] }, then: testSchema(), else: claimSchema() },
    else: metricSchema(),
  };
}

function claimSchema(): JsonObject {
  return {
    required: ["claim", "that"],
    properties: {
      claim,
      that: text(
        "What must hold of metrics, at every place on its axes.",
        ["summary.difference >= -0.01", "mean(probe.accuracy) > 0.8"],
        "`that` is a text such as `summary.difference >= -0.01`",
      ),
      source,
    },
    additionalProperties: false,
  };
}

function testSchema(): JsonObject {
  return {
    required: ["claim", "test", "of"],
    properties: {
      claim,
      test: {
        enum: [...testNames],
        description:
          "The test that must bear the claim out: of paired differences (`paired-t`, `wilcoxon`, `bootstrap`), of equivalence (`tost`), or of a rise along a sweep (`trend`).",
        errorMessage: `\`test\` is one of ${testNames.map(name => `\`${name}\``).join(", ")}`,
      },
      of: text(
        "The quantity, with one value a repeat.",
        ["probe-a.accuracy - probe-b.accuracy"],
        "`of` is a text such as `probe-a.accuracy - probe-b.accuracy`",
      ),
      alternative: {
        enum: ["greater", "less", "two-sided"],
        description:
          "Where the quantity is claimed to lie: above `against` (the default), below it, or elsewhere. Of a trend: whether it rises (`greater`) or falls (`less`).",
        errorMessage: "`alternative` is `greater`, `less` or `two-sided`",
      },
      against: {
        type: "number",
        description: "The value that it is tested against. Default: 0.",
        errorMessage: "`against` is a number",
      },
      margin: {
        type: "number",
        exclusiveMinimum: 0,
        description: "Of `tost`: differences smaller than this count as none.",
        errorMessage: "`margin` is a number above 0",
      },
      along: {
        type: "string",
        pattern: NAME,
        description: "Of `trend`: the axis of the sweep.",
        errorMessage: "`along` is the name of an axis",
      },
      alpha: {
        type: "number",
        exclusiveMinimum: 0,
        exclusiveMaximum: 0.5,
        description: "Error rate of the test, or of its whole family. Default: 0.05.",
        errorMessage: "`alpha` is a number between 0 and 0.5",
      },
      family: {
        type: "string",
        minLength: 1,
        description: "Tests of one family share `alpha` by Holm's correction.",
        errorMessage: "`family` is a name",
      },
      n: {
        type: "integer",
        minimum: 1,
        description: "How many repeats there must be.",
        errorMessage: "`n` is a whole number from 1 on",
      },
      seed: {
        type: "integer",
        minimum: 0,
        description: "Of `bootstrap`: the seed of its resamples. Default: 0.",
        errorMessage: "`seed` is a whole number from 0 on",
      },
      source,
    },
    additionalProperties: false,
  };
}

function metricSchema(): JsonObject {
  return {
    required: ["metric", "value"],
    properties: {
      metric: text(
        "A metric of a step.",
        ["probe.accuracy", "probe[seed=0].accuracy"],
        "`metric` is `step.metric`, such as `probe.accuracy`",
      ),
      value: {
        type: ["number", "string"],
        pattern: "^locked$",
        description: "The expected value; `locked`: that of the lock.",
        errorMessage: "`value` is a number, or `locked`: what the lock has",
      },
      tolerance,
      over: {
        type: "array",
        items: { type: "string", pattern: NAME, errorMessage: "`over` lists names of axes" },
        uniqueItems: true,
        description: "Axes to take the mean over.",
        errorMessage: "`over` is a list of axes",
      },
      engines: {
        type: "object",
        propertyNames: { pattern: NAME },
        additionalProperties: {
          type: "object",
          properties: { value: number("The value on this engine.", "`value` is a number"), tolerance },
          additionalProperties: false,
          errorMessage: "an engine has a `value`, a `tolerance` or both",
        },
        description: "What else is expected on an engine, such as `{ onnx: { tolerance: 0.02 } }`.",
        errorMessage: "`engines` is a mapping of backends to `{ value, tolerance }`",
      },
      source,
    },
    additionalProperties: false,
  };
}

const claim: JsonObject = text("The claim, in words.", undefined, "`claim` is a text");
const source: JsonObject = {
  type: "string",
  description: "Where the expected value comes from.",
  errorMessage: "`source` is a text",
};
const tolerance: JsonObject = {
  type: ["number", "string"],
  minimum: 0,
  pattern: TOLERANCE.source,
  description:
    "How far off it may be: a number, a share of the value (`2%`), or standard errors of the mean over `over` (`2 se`). Default: 0.",
  errorMessage: "`tolerance` is a number of at least 0, or a text such as `2%` or `2 se`",
};

function text(description: string, examples: string[] | undefined, errorMessage: string): JsonObject {
  return { type: "string", minLength: 1, description, ...(examples && { examples }), errorMessage };
}

function number(description: string, errorMessage: string): JsonObject {
  return { type: "number", description, errorMessage };
}
