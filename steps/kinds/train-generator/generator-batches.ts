/**
 * The thread that prepares the batches of a training: images `x` [batch, H, W, C], `noise` [batch, latentDim] and,
 * where there are classes, those of the images, one-hot, `y` [batch, classes].
 */
import { workerData } from "node:worker_threads";
import { randomStream } from "../../../runner/step-api.js";
import { withClasses } from "../../nn/conditions.js";
import { openImages } from "../../artifacts/images.js";
import { imageBatch } from "../../artifacts/image-batch.js";
import { batchOrder } from "../../training/order.js";
import { serveBatches } from "../../training/feed.js";
import { latentNoise } from "./latent-noise.js";

export interface BatchOptions {
  /** The images' folder. */
  readonly data: string;
  readonly batch: number;
  readonly latentDim: number;
  /** 0: labels are not looked at. */
  readonly classes: number;
  readonly seed: number;
}

const { data, batch, latentDim, classes, seed } = workerData as BatchOptions;
const { count, shape, labels, pick } = await openImages(data);
const indicesOf = batchOrder(count, batch, randomStream(seed, "order"));
const noise = randomStream(seed, "latent noise");
serveBatches(update => {
  const indices = indicesOf(update);
  const x = imageBatch(pick(indices), shape, batch);
  const z = latentNoise(noise, update, batch, latentDim);
  if (classes === 0) return { x, noise: z };
  const own = indices.map(i => labels?.[i] ?? -1);
  const y = withClasses(new Float32Array(), 0, own, classes);
  return { x, noise: z, y: { shape: [batch, classes], data: y } };
});
