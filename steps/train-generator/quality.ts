import type { RandomStream } from "../../runner/step-api.js";
import type { TensorFlow } from "../engine/index.js";
import { elementCount } from "../lib/arrays.js";
import type { PlacedGenerator } from "../lib/generator.js";
import type { ImageSet } from "../lib/images.js";
import { permutation } from "../training/order.js";
import { frechetDistance, gaussianOf } from "./frechet.js";
import { pooledPixels } from "./pooled.js";
import { latentNoise } from "./vae.js";

/** How far the samples are from the data. */
export type Quality = {
  /** FD of samples and images. */
  readonly fd: number;
  /** FD of those images and as many others of the same data: what a perfect generator would get. */
  readonly floor: number;
  /** Samples, and images. */
  readonly n: number;
  readonly space: string;
};

/** `samples`: uint8 [n, H, W, C]; the images are drawn from the data by `random`. */
export function sampleQuality(samples: Uint8Array, data: ImageSet, random: RandomStream): Quality {
  const size = elementCount(data.shape);
  const n = samples.length / size;
  const space = pooledPixels(data.shape);
  const order = permutation(data.count, random, 0);
  const gaussian = (images: Uint8Array): ReturnType<typeof gaussianOf> =>
    gaussianOf(space.features(images), space.width);
  const real = (from: number): Uint8Array => {
    const out = new Uint8Array(n * size);
    for (let i = 0; i < n; i++) {
      const at = (order[from + i] ?? 0) * size;
      out.set(data.images.subarray(at, at + size), i * size);
    }
    return out;
  };
  const images = gaussian(real(0));
  return {
    fd: frechetDistance(images, gaussian(samples)),
    floor: frechetDistance(images, gaussian(real(n))),
    n,
    space: space.name,
  };
}

/** `count` samples G(z), z from the prior N(0, 1): uint8 [count, H, W, C]. */
export async function drawSamples(
  tf: TensorFlow,
  generator: PlacedGenerator,
  count: number,
  random: RandomStream,
): Promise<Uint8Array> {
  const out = new Uint8Array(count * elementCount(generator.imageShape));
  const size = out.length / count;
  for (let from = 0; from < count; from += batch) {
    const rows = Math.min(batch, count - from);
    const z = latentNoise(tf, random, from, [rows, generator.latentDim]);
    const x = tf.tidy(() => generator.generate(z));
    const pixels = await x.data();
    for (let i = 0; i < rows * size; i++) out[from * size + i] = Math.round(255 * (pixels[i] ?? 0));
    tf.dispose([z, x]);
  }
  return out;
}

const batch = 200;
