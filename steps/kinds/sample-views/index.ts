import { defineStep } from "../../../runner/step-api.js";
import { schema, type SampleViewsOptions } from "./sampling-options.js";

/** Samples anchors from a generator, and views of each: v1 = T_x(G(z)), v2 = T_x(G(T_z(z))). */
export default defineStep<SampleViewsOptions>({
  kind: "sample-views",
  summary: "Samples views of the same thing from a generator: v1 = T_x(G(z)), v2 = T_x(G(T_z(z)))",
  with: schema,
  inputs: {
    generator: { doc: "the model: a folder of model.safetensors and model.json", accepts: "generator" },
  },
  outputs: {
    views: {
      doc: "a folder: views.npy uint8 [anchors, views, H, W, C], latents.npy float32 [anchors, views, z], views.json, grid.png; of a class-conditional generator also y.npy [anchors]",
      type: "views",
    },
  },
  numeric: true,
  effort: ["anchors", "views"],
  run: async ctx => (await import("./run.js")).run(ctx),
});
