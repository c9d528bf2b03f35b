/** The thread that prepares the batches of a training: images [batch, H, W, C] with T_x, their classes one-hot. */
import { workerData } from "node:worker_threads";
import { randomStream } from "../../../runner/step-api.js";
import { elementCount } from "../../formats/arrays.js";
import { type AugmentOptions, makeAugment } from "../../nn/augment.js";
import { openImages } from "../../artifacts/images.js";
import { makeNoise } from "../../training/noise.js";
import { batchOrder } from "../../training/order.js";
import { serveBatches } from "../../training/feed.js";

export interface BatchOptions {
  /** Folder of an images artifact with labels. */
  readonly data: string;
  readonly batch: number;
  readonly augment: AugmentOptions;
  readonly noise: number;
  readonly seed: number;
}

const { data, batch, augment, noise, seed } = workerData as BatchOptions;
const { count, shape, labels, classes, pick } = await openImages(data);
const indicesOf = batchOrder(count, batch, randomStream(seed, "order"));
const transform = makeAugment(augment, shape);
const addNoise = makeNoise(noise, randomStream(seed, "noise table"));
const changes = randomStream(seed, "augment");
const size = elementCount(shape);
serveBatches(update => {
  const indices = indicesOf(update);
  const pictures = pick(indices);
  const pixels = new Float32Array(batch * size);
  const targets = new Float32Array(batch * classes.length);
  for (const [row, i] of indices.entries()) {
    const draws = changes.at(update * batch + row);
    transform(pictures, row * size, pixels, row * size, draws);
    addNoise(pixels, row * size, (row + 1) * size, draws);
    targets[row * classes.length + (labels?.[i] ?? 0)] = 1;
  }
  return {
    pixels: { shape: [batch, ...shape], data: pixels },
    targets: { shape: [batch, classes.length], data: targets },
  };
});
