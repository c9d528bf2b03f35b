import { defineStep, type StepDefinition } from "../../../runner/step-api.js";
import { fitInputs, reportDoc } from "../../evaluation/fit-options.js";
import { allLayers } from "../../nn/layers/index.js";
import type { LayerTypes } from "../../nn/layers/layer.js";
import { type ProbeOptions, probeSchemas } from "./probe-options.js";

/** The kind `evaluate-probe`, for encoders whose layers are of types that the caller brings beside vistas's. */
export function defineProbe({
  kind,
  summary,
  layers,
}: {
  readonly kind: string;
  readonly summary: string;
  readonly layers?: LayerTypes;
}): StepDefinition<ProbeOptions> {
  allLayers(layers);
  return defineStep<ProbeOptions>({
    kind,
    summary,
    with: {
      type: "object",
      additionalProperties: false,
      properties: probeSchemas,
    },
    inputs: fitInputs,
    outputs: { report: { doc: reportDoc, type: "report" } },
    numeric: true,
    async run(ctx) {
      const { runProbe } = await import("./run.js");
      await runProbe(ctx, layers);
    },
  });
}
