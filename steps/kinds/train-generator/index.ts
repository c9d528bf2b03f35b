import { defineStep } from "../../../runner/step-api.js";
import { type GeneratorOptions, schema } from "./generator-options.js";

/** Trains the generator that later takes the place of its data. */
export default defineStep<GeneratorOptions>({
  kind: "train-generator",
  summary:
    "Trains a generator of images (a variational auto-encoder or a GAN) and reports how near its samples are to the data.",
  with: schema,
  inputs: {
    data: {
      doc: "Images to train on; labels are not looked at, but by a conditional GAN.",
      accepts: "images",
    },
    heldout: {
      doc:
        "Images that are not trained on, which the samples are measured against; without them it is the training images, " +
        "against which a generator that copies them looks perfect.",
      accepts: "images",
      optional: true,
    },
  },
  outputs: {
    model: {
      doc:
        "model.safetensors, model.json (layers, recipe, Frechet distance, precision and recall), grid.png of samples, " +
        "curve.json.",
      type: "generator",
    },
  },
  numeric: true,
  effort: ["updates", "batch"],
  async run(ctx) {
    const { trainGenerator } = await import("./run.js");
    await trainGenerator(ctx);
  },
});
