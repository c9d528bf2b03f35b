import { defineStep } from "../../runner/step-api.js";
import { type GeneratorOptions, schema } from "./options.js";

/** Trains the generator that later takes the place of its data: labels are not looked at. */
export default defineStep<GeneratorOptions>({
  kind: "train-generator",
  summary:
    "Trains a generator of images (a variational auto-encoder) and tells its Frechet distance to the data.",
  with: schema,
  inputs: { data: "Images to train on; labels are not looked at." },
  outputs: {
    model:
      "model.safetensors, model.json (layers, recipe, Frechet distance), grid.png of samples, curve.json.",
  },
  numeric: true,
  async run(ctx) {
    const { trainGenerator } = await import("./run.js");
    await trainGenerator(ctx);
  },
});
