/** The thread that prepares the batches of a training: images `x` [batch, H, W, C] and `noise` [batch, latentDim]. */
import { workerData } from "node:worker_threads";
import { randomStream } from "../../runner/step-api.js";
import { openImages } from "../lib/images.js";
import { imageBatch } from "../training/batch.js";
import { batchOrder } from "../training/order.js";
import { serveBatches } from "../training/serve.js";
import { latentNoise } from "./latent-noise.js";

export interface BatchOptions {
  /** The images' folder. */
  readonly data: string;
  readonly batch: number;
  readonly latentDim: number;
  readonly seed: number;
}

const { data, batch, latentDim, seed } = workerData as BatchOptions;
const { count, shape, pick } = await openImages(data);
const indicesOf = batchOrder(count, batch, randomStream(seed, "order"));
const noise = randomStream(seed, "latent noise");
serveBatches(update => ({
  x: imageBatch(pick(indicesOf(update)), shape, batch),
  noise: latentNoise(noise, update, batch, latentDim),
}));
