import { defineStep } from "../../../runner/step-api.js";
import { reportDoc } from "../../evaluation/fit-options.js";

/** What a trained classifier makes of images that it has not seen. */
export default defineStep({
  kind: "evaluate-classifier",
  summary: "Tests a classifier, made by train-classifier, on labelled images.",
  with: { type: "object", additionalProperties: false, properties: {} },
  inputs: {
    classifier: { doc: "From train-classifier.", accepts: "classifier" },
    test: { doc: "Labelled images of the same size and classes.", accepts: "images" },
  },
  outputs: { report: { doc: reportDoc, type: "report" } },
  numeric: true,
  async run(ctx) {
    const { testClassifier } = await import("./run.js");
    await testClassifier(ctx);
  },
});
