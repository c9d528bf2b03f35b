import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { StepContext } from "../../../runner/step-api.js";
import { dtypeOf, type NdArray, sameShape, shapeText } from "../../formats/arrays.js";
import { openGenerator, readGenerator, writeGenerator } from "../../artifacts/generator.js";
import { type ImageFile, openImages, zoomFor } from "../../artifacts/images.js";
import { writeJson } from "../../formats/json.js";
import { writeGrid } from "../../formats/pictures/png.js";
import type { ImageShape } from "../../artifacts/image-batch.js";
import { checkBatchNorm } from "../../training/batch-norm-check.js";
import { makeOptimiser } from "../../nn/optimisers/optimisation.js";
import { startState } from "../../training/checkpoints.js";
import { train, type Training } from "../../training/train.js";
import type { BatchOptions } from "./generator-batches.js";
import { card } from "./card.js";
import { discriminatorLayers } from "./discriminator.js";
import { type Family, familyOf } from "./family.js";
import { ganGenerator } from "./gan.js";
import type { GeneratorOptions } from "./generator-options.js";
import { sampleQuality } from "./quality/quality.js";
import { drawSamples, gridSamples } from "./quality/samples.js";

/** Trains, writes the generator, samples from what was written, and adds how good the samples are to its card. */
export async function trainGenerator(ctx: StepContext<GeneratorOptions>): Promise<void> {
  const data = await openImages(ctx.inputs["data"] ?? "");
  const heldout = await openHeldout(ctx.inputs["heldout"], data);
  const most = heldout === undefined ? Math.floor(data.count / 2) : Math.min(data.count, heldout.count);
  const n = Math.min(ctx.with.fdSamples, most);
  if (n < 2) throw new Error(`a generator needs 4 images or more to learn from, not ${data.count}`);
  const conditional = ctx.with.family === "gan" && ctx.with.adversarial.conditional;
  if (conditional && data.labels === undefined)
    throw new Error("a conditional generator needs labelled images, these have no labels");
  const classes = conditional ? data.classes : [];
  const present = new Set(data.labels);
  const absent = classes.filter((_, label) => !present.has(label));
  if (absent.length > 0)
    throw new Error(
      `no training images of the classes ${absent.join(", ")}: a conditional generator learns a class from its images`,
    );
  const family = familyOf(ctx.with, data.shape, classes.length, stream => ctx.random(stream));
  if (ctx.with.updates > 0 && ctx.with.family === "gan") checkGan(ctx.with, data.shape, classes.length);
  const folder = ctx.outputs["model"] ?? "";

  const { arrays, curve } = await train(ctx, training(ctx, family, classes.length));
  const weights = Object.entries(await family.weights(ctx.device, arrays));
  const tensors = new Map(
    weights.map(([name, { shape, data: own }]): [string, NdArray] => [
      name,
      { dtype: dtypeOf(own), shape, data: own },
    ]),
  );
  await writeGenerator(folder, card(ctx.with, family.model, data, classes), tensors);

  const generator = openGenerator(await readGenerator(folder));
  const samples = await drawSamples(ctx.device, generator, n, ctx.random("samples"));
  const quality = sampleQuality(samples, { data, heldout }, ctx.random("quality"));
  const { frechetDistance, precisionRecall } = quality;
  ctx.metric("fd", frechetDistance.fd);
  ctx.metric("fdFloor", frechetDistance.floor);
  if (frechetDistance.toTraining !== undefined) ctx.metric("fdTraining", frechetDistance.toTraining);
  if (precisionRecall !== undefined) {
    ctx.metric("precision", precisionRecall.precision);
    ctx.metric("recall", precisionRecall.recall);
  }
  if (heldout === undefined)
    ctx.log("fd, precision and recall are against the training images themselves: they cannot show copying");
  await writeGenerator(folder, card(ctx.with, family.model, data, classes, quality), tensors);
  await writeJson(join(folder, "curve.json"), { loss: curve });
  const shown = gridSamples(samples, generator);
  await writeGrid(join(folder, "grid.png"), shown, data.shape, { columns: 16, zoom: zoomFor(data.shape) });
}

/** The images that the samples are measured against. Throws unless they are of the training images' shape. */
async function openHeldout(folder: string | undefined, data: ImageFile): Promise<ImageFile | undefined> {
  if (folder === undefined) return undefined;
  const heldout = await openImages(folder);
  if (!sameShape(heldout.shape, data.shape))
    throw new Error(
      `held-out images are ${shapeText(heldout.shape)}, those of 'data' ${shapeText(data.shape)}`,
    );
  return heldout;
}

/** Both nets of a GAN normalise over a batch; the generator always does. */
function checkGan(options: GeneratorOptions, shape: ImageShape, classes: number): void {
  const { batch, latentDim, adversarial } = options;
  const judge = discriminatorLayers(options, classes);
  const batchNormed = adversarial.normalisation === "batch";
  const advice = "an 'architecture: conv'; the discriminator can do with 'normalisation: spectral'";
  if (batchNormed) checkBatchNorm(judge, shape, batch, advice);
  checkBatchNorm(ganGenerator(options, shape), [latentDim + classes], batch, advice);
}

/** What a training takes of the options. */
function training(ctx: StepContext<GeneratorOptions>, family: Family, classes: number): Training {
  const { batch, latentDim, seed } = ctx.with;
  const { optimiser } = family;
  return {
    start: startState(family.initial, makeOptimiser(optimiser)),
    step: tf => family.step(tf),
    batches() {
      const workerData: BatchOptions = { data: ctx.inputs["data"] ?? "", batch, latentDim, classes, seed };
      return new Worker(new URL("./generator-batches.js", import.meta.url), { workerData });
    },
    images: batch,
    // The samples are drawn when the training is done.
    options: { ...ctx.with, optimiser, fdSamples: null },
  };
}
