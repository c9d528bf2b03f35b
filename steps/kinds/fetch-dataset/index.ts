import { defineStep } from "../../../runner/step-api.js";
import type { FetchDatasetOptions } from "./dataset-options.js";
import { schema } from "./dataset-options.js";

/** Gets labelled or plain images from a list of sources, verified by checksum, as two "images" artifacts. */
export default defineStep<FetchDatasetOptions>({
  kind: "fetch-dataset",
  summary: "Gets a data set of images from the first source that has it, verified by checksum",
  with: schema,
  inputs: {},
  outputs: {
    train: {
      doc: "images to train on: a folder of images.npy, labels.npy, data.json, grid.png",
      type: "images",
    },
    test: {
      doc: "images to test on, or with `holdout` those held out of train; the same layout",
      type: "images",
    },
  },
  run: async ctx => (await import("./run.js")).run(ctx),
});
