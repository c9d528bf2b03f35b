import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { StepContext } from "../../runner/step-api.js";
import { writeJson } from "../lib/json.js";
import { encoderLayers, headLayers } from "../training/architecture.js";
import { recipeOf } from "../training/checkpoints.js";
import { encoderTensors } from "../training/encoder-tensors.js";
import { writeEncoder } from "../training/encoder.js";
import { initialState } from "../training/net.js";
import { makeOptimiser } from "../training/optimisation.js";
import { startState } from "../training/state.js";
import { train } from "../training/train.js";
import type { BatchOptions } from "./batches.js";
import { defaultObjective } from "./objective-options.js";
import type { ContrastiveOptions } from "./options.js";
import { contrastiveStep } from "./step.js";
import { openSource } from "./views.js";

/** Reads the views or images, trains, writes the encoder. With `updates: 0` it writes the random encoder. */
export async function trainContrastive(ctx: StepContext<ContrastiveOptions>): Promise<void> {
  const { batch, views, temperature, augment, noise, seed, objective = defaultObjective } = ctx.with;
  const { kind, count, shape, stored, labels } = await openSource(ctx.inputs);
  const labelled = objective.kind === "supcon";
  if (labelled && labels === undefined)
    throw new Error(`the ${kind} have no labels; the objective supcon needs them`);
  const encoder = encoderLayers(ctx.with.encoder);
  const head = headLayers(ctx.with.head);
  const spec = { layers: [...encoder.layers, ...head.layers] };
  const optimiser = makeOptimiser(ctx.with.optimiser);
  const initial = initialState(spec, shape, ctx.random("initialisation"));
  const params = Object.keys(initial.params);
  const { arrays, curve } = await train(ctx, {
    start: startState(initial, optimiser),
    step: tf => contrastiveStep(tf, { spec, params, views, objective, temperature, optimiser }),
    batches() {
      const workerData: BatchOptions = { inputs: ctx.inputs, batch, views, augment, noise, seed, labelled };
      return new Worker(new URL("./batches.js", import.meta.url), { workerData });
    },
    images: batch * views,
    options: ctx.with,
  });
  const folder = ctx.outputs["encoder"] ?? "";
  const recipe = { ...recipeOf(ctx.with), from: kind, anchors: count, stored };
  const tensors = encoderTensors(arrays, { encoderLength: encoder.layers.length });
  await writeEncoder(folder, { image: shape, encoder, head, recipe }, tensors);
  await writeJson(join(folder, "curve.json"), { loss: curve });
}
