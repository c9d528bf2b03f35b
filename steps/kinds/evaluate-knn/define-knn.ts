import { defineStep, type StepDefinition } from "../../../runner/step-api.js";
import { fitInputs, reportDoc } from "../../evaluation/fit-options.js";
import { allLayers } from "../../nn/layers/index.js";
import type { LayerTypes } from "../../nn/layers/layer.js";
import { type KnnOptions, knnSchemas } from "./knn-options.js";

/** The kind `evaluate-knn`, for encoders whose layers are of types that the caller brings beside vistas's. */
export function defineKnn({
  kind,
  summary,
  layers,
}: {
  readonly kind: string;
  readonly summary: string;
  readonly layers?: LayerTypes;
}): StepDefinition<KnnOptions> {
  allLayers(layers);
  return defineStep<KnnOptions>({
    kind,
    summary,
    with: {
      type: "object",
      additionalProperties: false,
      properties: knnSchemas,
    },
    inputs: fitInputs,
    outputs: {
      report: { doc: `${reportDoc} neighbours.png: test images with their nearest.`, type: "report" },
    },
    numeric: true,
    async run(ctx) {
      const { runKnn } = await import("./run.js");
      await runKnn(ctx, layers);
    },
  });
}
