import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { JsonObject, StepContext } from "../../runner/step-api.js";
import type { ProgramArrays } from "../engine/index.js";
import { dtypeOf, type NdArray } from "../lib/arrays.js";
import { type GeneratorCard, openGenerator, readGenerator, writeGenerator } from "../lib/generator.js";
import { type ImageFile, openImages, zoomFor } from "../lib/images.js";
import { writeJson } from "../lib/json.js";
import { writeGrid } from "../lib/png.js";
import type { ImageShape } from "../training/batch.js";
import { under } from "../training/net.js";
import { makeOptimiser } from "../training/optimisation.js";
import { startState } from "../training/state.js";
import { train, type Training } from "../training/train.js";
import { generatorLayers } from "./architecture.js";
import type { BatchOptions } from "./batches.js";
import type { GeneratorOptions } from "./options.js";
import { drawSamples, type Quality, sampleQuality } from "./quality.js";
import { generatorPrefix, initialVae, vaeStep } from "./vae.js";

/** Trains, writes the generator, samples from what was written, and adds how good the samples are to its card. */
export async function trainGenerator(ctx: StepContext<GeneratorOptions>): Promise<void> {
  const data = await openImages(ctx.inputs["data"] ?? "");
  const n = Math.min(ctx.with.fdSamples, Math.floor(data.count / 2));
  if (n < 2) throw new Error(`a generator needs 4 images or more to learn from, not ${data.count}`);
  const folder = ctx.outputs["model"] ?? "";
  const { arrays, curve } = await train(ctx, training(ctx, data.shape));
  const tensors = generatorTensors(arrays);
  await writeGenerator(folder, card(ctx.with, data), tensors);
  const generator = openGenerator(await readGenerator(folder));
  const samples = await drawSamples(ctx.device, generator, n, ctx.random("samples"));
  const quality = sampleQuality(samples, data, ctx.random("quality"));
  ctx.metric("fd", quality.fd);
  ctx.metric("fdFloor", quality.floor);
  await writeGenerator(folder, card(ctx.with, data, quality), tensors);
  await writeJson(join(folder, "curve.json"), { loss: curve });
  const shown = samples.subarray(0, Math.min(96, n) * (samples.length / n));
  await writeGrid(join(folder, "grid.png"), shown, data.shape, { columns: 16, zoom: zoomFor(data.shape) });
}

/** What a training takes of the options. */
function training(ctx: StepContext<GeneratorOptions>, shape: ImageShape): Training {
  const { batch, latentDim, seed, optimiser } = ctx.with;
  const initial = initialVae(ctx.with, shape, stream => ctx.random(stream));
  return {
    start: startState(initial, makeOptimiser(optimiser)),
    step: tf => vaeStep(tf, ctx.with, shape, Object.keys(initial.params)),
    batches() {
      const workerData: BatchOptions = { data: ctx.inputs["data"] ?? "", batch, latentDim, seed };
      return new Worker(new URL("./batches.js", import.meta.url), { workerData });
    },
    images: batch,
    // The samples are drawn when the training is done.
    options: { ...ctx.with, fdSamples: null },
  };
}

function card(options: GeneratorOptions, data: ImageFile, quality?: Quality): GeneratorCard {
  const provenance: Record<string, JsonObject[string]> = { images: data.count };
  for (const fact of ["dataset", "licence", "part", "payloads"])
    if (data.facts[fact] !== undefined) provenance[fact] = data.facts[fact];
  return {
    family: options.family,
    latent: { dim: options.latentDim, prior: "normal" },
    image: { shape: data.shape, range: [0, 1] },
    model: generatorLayers(options, data.shape, "sigmoid"),
    recipe: quality === undefined ? recipe(options) : { ...recipe(options), frechetDistance: quality },
    provenance,
  };
}

/** The options that had a part in the result. */
function recipe(options: GeneratorOptions): JsonObject {
  const { architecture, hidden, channels, beta, updates, batch, seed, optimiser } = options;
  const { momentum, ...adam } = optimiser;
  return {
    architecture,
    hidden,
    ...(architecture === "conv" ? { channels } : {}),
    beta,
    updates,
    batch,
    seed,
    optimiser: optimiser.kind === "sgd" ? { ...adam, momentum } : adam,
  };
}

/** The generator's own numbers, under the names of its layer list; all else of the training is left behind. */
function generatorTensors(state: ProgramArrays): Map<string, NdArray> {
  const own = Object.entries(under(state, generatorPrefix));
  return new Map(own.map(([name, { shape, data }]) => [name, { dtype: dtypeOf(data), shape, data }]));
}
