import { join } from "node:path";
import type { JsonObject, StepContext } from "../../runner/step-api.js";
import { openEngine, type TensorFlow } from "../engine/index.js";
import type { NdArray } from "../lib/arrays.js";
import { type GeneratorCard, loadGenerator, writeGenerator } from "../lib/generator.js";
import { type ImageSet, readImages, zoomFor } from "../lib/images.js";
import { writeJson } from "../lib/json.js";
import { writeGrid } from "../lib/png.js";
import { imageBatch } from "../training/batch.js";
import { batchOrder } from "../training/order.js";
import { pace } from "../training/pace.js";
import type { TrainState } from "../training/state.js";
import { generatorLayers } from "./architecture.js";
import type { GeneratorOptions } from "./options.js";
import { drawSamples, type Quality, sampleQuality } from "./quality.js";
import { generatorPrefix, initialVae, openVae } from "./vae.js";

/** Trains, writes the generator, samples from what was written, and adds how good the samples are to its card. */
export async function trainGenerator(ctx: StepContext<GeneratorOptions>): Promise<void> {
  const data = await readImages(ctx.inputs["data"] ?? "");
  const n = Math.min(ctx.with.fdSamples, Math.floor(data.count / 2));
  if (n < 2) throw new Error(`a generator needs 4 images or more to learn from, not ${data.count}`);
  const folder = ctx.outputs["model"] ?? "";
  const engine = await openEngine(ctx.device);
  try {
    const { tf } = engine;
    const { state, curve } = await train(ctx, tf, data);
    const tensors = generatorTensors(state);
    await writeGenerator(folder, card(ctx.with, data), tensors);
    const generator = await loadGenerator(folder, tf);
    const samples = await drawSamples(tf, generator, n, ctx.random("samples"));
    generator.dispose();
    const quality = sampleQuality(samples, data, ctx.random("quality"));
    ctx.metric("fd", quality.fd);
    ctx.metric("fdFloor", quality.floor);
    await writeGenerator(folder, card(ctx.with, data, quality), tensors);
    await writeJson(join(folder, "curve.json"), { loss: curve });
    const shown = samples.subarray(0, Math.min(96, n) * (samples.length / n));
    await writeGrid(join(folder, "grid.png"), shown, data.shape, { columns: 16, zoom: zoomFor(data.shape) });
  } finally {
    engine.dispose();
  }
}

type Curve = readonly (readonly [update: number, loss: number])[];

/** Everything that an update takes is a function of its number: see `TrainState`. */
async function train(
  ctx: StepContext<GeneratorOptions>,
  tf: TensorFlow,
  { images, shape, count }: ImageSet,
): Promise<{ readonly state: TrainState; readonly curve: Curve }> {
  const { updates, batch } = ctx.with;
  const start = initialVae(ctx.with, shape, stream => ctx.random(stream));
  if (updates === 0) return { state: start, curve: [] };
  const indicesOf = batchOrder(count, batch, ctx.random("order"));
  const trainer = openVae(tf, ctx.with, shape, ctx.random("latent noise"), start);
  const { tick, curve } = pace(ctx, updates, batch);
  while (trainer.done < updates) {
    const x = imageBatch(tf, images, shape, indicesOf(trainer.done));
    const loss = trainer.update(x);
    await tick(trainer.done, async () => (await loss.data())[0] ?? NaN);
    tf.dispose([x, loss]);
  }
  const state = await trainer.state();
  trainer.dispose();
  return { state, curve };
}

function card(options: GeneratorOptions, data: ImageSet, quality?: Quality): GeneratorCard {
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

/** The generator's own numbers, under the names of its layer list; the inference net is left behind. */
function generatorTensors({ params, running }: TrainState): Map<string, NdArray> {
  const own = Object.entries({ ...params, ...running }).filter(([name]) => name.startsWith(generatorPrefix));
  return new Map(
    own.map(([name, { shape, data }]) => [name.slice(generatorPrefix.length), { dtype: "f4", shape, data }]),
  );
}
