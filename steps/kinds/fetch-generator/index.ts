import { defineStep } from "../../../runner/step-api.js";
import { schema, type FetchGeneratorOptions } from "./fetch-options.js";

/** Gets a trained generator from a list of sources, verified by checksum and checked to make images. */
export default defineStep<FetchGeneratorOptions>({
  kind: "fetch-generator",
  summary:
    "Gets a trained generator (ONNX, TensorFlow.js or safetensors), verified by checksum and tried out",
  with: schema,
  inputs: {},
  outputs: {
    model: {
      doc: "the generator: a folder of model.json (its card) and the model's files as they came",
      type: "generator",
    },
  },
  run: async ctx => (await import("./run.js")).run(ctx),
});
