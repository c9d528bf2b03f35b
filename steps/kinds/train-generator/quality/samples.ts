import type { Device, RandomStream } from "../../../../runner/step-api.js";
import { openEngine } from "../../../engine/index.js";
import { elementCount } from "../../../formats/arrays.js";
import type { Generator } from "../../../artifacts/generator.js";
import { generatorProgram } from "../../../artifacts/generator-program.js";
import { range } from "../../../artifacts/images.js";
import { classOf, latentRows } from "../latent-noise.js";

/** `count` samples of the prior, and, where there are classes, of each in its turn: uint8 [count, H, W, C]. */
export async function drawSamples(
  device: Device,
  generator: Generator,
  count: number,
  random: RandomStream,
): Promise<Uint8Array> {
  const engine = await openEngine(device);
  try {
    const program = generatorProgram(engine, generator);
    const latents = { dim: generator.latentDim, classes: generator.classes.length, random };
    const out = new Uint8Array(count * elementCount(generator.imageShape));
    const size = out.length / count;
    for (let from = 0; from < count; from += batch) {
      // The last batch is as large as the others, so that the engine compiles for one size alone.
      const { images } = await program.run({ z: latentRows(latents, from, batch) });
      const pixels = images.data.subarray(0, Math.min(batch, count - from) * size);
      for (const [i, value] of pixels.entries()) out[from * size + i] = Math.round(255 * value);
    }
    return out;
  } finally {
    engine.dispose();
  }
}

const batch = 200;

/** What grid.png shows: the first 96 samples; where there are classes, the first 16 of each, a row a class. */
export function gridSamples(samples: Uint8Array, { classes, imageShape }: Generator): Uint8Array {
  const size = elementCount(imageShape);
  const count = samples.length / size;
  if (classes.length === 0) return samples.subarray(0, Math.min(96, count) * size);
  const shown = classes.flatMap((_, label) =>
    [...range(0, count)].filter(sample => classOf(sample, classes.length) === label).slice(0, 16),
  );
  const pictures = new Uint8Array(shown.length * size);
  for (const [i, sample] of shown.entries())
    pictures.set(samples.subarray(sample * size, (sample + 1) * size), i * size);
  return pictures;
}
