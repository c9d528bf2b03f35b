import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { StepContext } from "../../../runner/step-api.js";
import { openImages } from "../../artifacts/images.js";
import { writeJson } from "../../formats/json.js";
import { joined, type ModelSpec } from "../../nn/model.js";
import { encoderLayers } from "../../training/architecture.js";
import { checkBatchNorm } from "../../training/batch-norm-check.js";
import { recipeOf, startState } from "../../training/checkpoints.js";
import { encoderTensors } from "../../training/encoder-tensors.js";
import { writeEncoder } from "../../artifacts/encoder.js";
import { recordFeatureStd } from "../../training/feature-spread.js";
import { type InitialState, initialState } from "../../nn/net.js";
import { makeOptimiser } from "../../nn/optimisers/optimisation.js";
import { train } from "../../training/train.js";
import type { BatchOptions } from "./classifier-batches.js";
import type { ClassifierOptions } from "./classifier-options.js";
import { standardiser } from "./standardiser.js";
import { classifierStep, inputPrefix, netPrefix } from "./classifier-step.js";

/** Reads the images, trains, writes the classifier. With `updates: 0` it writes the initial one. */
export async function trainClassifier(ctx: StepContext<ClassifierOptions>): Promise<void> {
  const { standardise, l2, batch, augment, noise, seed } = ctx.with;
  const images = await openImages(ctx.inputs["images"] ?? "");
  const { shape, classes, count, labels } = images;
  if (labels === undefined) throw new Error("the images have no labels; a classifier needs them");
  if (new Set(labels).size < 2)
    throw new Error("all images are of one class: a classifier has nothing to tell apart");
  const input = standardise ? standardiser(images) : { layers: [], weights: {} };
  const body = encoderLayers(ctx.with.encoder, shape);
  const head: ModelSpec = { layers: [{ type: "dense", units: classes.length }] };
  const net = joined(body, head);
  if (ctx.with.updates > 0) checkBatchNorm(net, shape, batch, "'batchNorm: false'");
  const optimiser = makeOptimiser(ctx.with.optimiser);
  const initial = initialState(net, shape, ctx.random("initialisation"), netPrefix);
  const params = Object.keys(initial.params);
  const { arrays, curve } = await train(ctx, {
    start: startState(withInput(initial, input.weights), optimiser),
    step: tf => classifierStep(tf, { input, net, params, l2, optimiser }),
    batches() {
      const data = ctx.inputs["images"] ?? "";
      const workerData: BatchOptions = { data, batch, augment, noise, seed };
      return new Worker(new URL("./classifier-batches.js", import.meta.url), { workerData });
    },
    images: batch,
    options: ctx.with,
  });
  const folder = ctx.outputs["classifier"] ?? "";
  const encoder = { layers: [...input.layers, ...body.layers] };
  const card = {
    image: shape,
    encoder,
    head,
    classes,
    recipe: { ...recipeOf(ctx.with), from: "labelled images", images: count },
  };
  const lengths = { inputLength: input.layers.length, encoderLength: encoder.layers.length };
  const tensors = encoderTensors(arrays, { input: inputPrefix, net: netPrefix, ...lengths });
  await writeEncoder(folder, card, tensors);
  await writeJson(join(folder, "curve.json"), { loss: curve });
  await recordFeatureStd(ctx, folder, images);
}

/** The state with the numbers of the input layers, which no update changes. */
function withInput({ params, running }: InitialState, weights: InitialState["params"]): InitialState {
  const fixed = Object.entries(weights).map(([name, array]) => [inputPrefix + name, array] as const);
  return { params, running: { ...running, ...Object.fromEntries(fixed) } };
}
