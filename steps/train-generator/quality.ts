import type { Device, RandomStream } from "../../runner/step-api.js";
import { openEngine } from "../engine/index.js";
import { elementCount } from "../lib/arrays.js";
import { type Generator } from "../lib/generator.js";
import { generatorProgram } from "../lib/generator-program.js";
import type { ImageFile } from "../lib/images.js";
import { permutation } from "../training/order.js";
import { frechetDistance, gaussianOf } from "./frechet.js";
import { pooledPixels } from "./pooled.js";
import { latentNoise } from "./latent-noise.js";

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
export function sampleQuality(
  samples: Uint8Array,
  data: Pick<ImageFile, "count" | "shape" | "pick">,
  random: RandomStream,
): Quality {
  const size = elementCount(data.shape);
  const n = samples.length / size;
  const space = pooledPixels(data.shape);
  const order = permutation(data.count, random, 0);
  const gaussian = (images: Uint8Array): ReturnType<typeof gaussianOf> =>
    gaussianOf(space.features(images), space.width);
  const real = (from: number): Uint8Array => data.pick(order.subarray(from, from + n));
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
  device: Device,
  generator: Generator,
  count: number,
  random: RandomStream,
): Promise<Uint8Array> {
  const engine = await openEngine(device);
  try {
    const program = generatorProgram(engine, generator);
    const out = new Uint8Array(count * elementCount(generator.imageShape));
    const size = out.length / count;
    for (let from = 0; from < count; from += batch) {
      // The last batch is as large as the others, so that the engine compiles for one size alone.
      const { images } = await program.run({ z: latentNoise(random, from, batch, generator.latentDim) });
      const pixels = images?.data.subarray(0, Math.min(batch, count - from) * size) ?? [];
      for (const [i, value] of pixels.entries()) out[from * size + i] = Math.round(255 * value);
    }
    return out;
  } finally {
    engine.dispose();
  }
}

const batch = 200;
