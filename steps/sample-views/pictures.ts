import type { Draws, StepContext } from "../../runner/step-api.js";
import type { TensorFlow } from "../engine/types.js";
import { elementCount } from "../lib/arrays.js";
import { makeAugment } from "../lib/augment.js";
import type { PlacedGenerator } from "../lib/generator.js";
import type { SampleViewsOptions } from "./options.js";

/** Everything that turns an anchor's number into its views. */
export interface Sampler {
  readonly ctx: Pick<StepContext<SampleViewsOptions>, "with" | "random" | "signal">;
  readonly tf: TensorFlow;
  readonly generator: PlacedGenerator;
  /** Told after each batch, with the number of views of the shard that are done. */
  progress(views: number): void;
}

/**
 * The pictures T_x(G(z)) of the latents [rows, dim] of whole anchors, `views` rows each, from anchor `first` on, in
 * 8 bits: [rows, H, W, C].
 * A matrix product may round differently in a batch of another size or, at its ragged end, at another place. So
 * every batch is of one size and lies on a grid that is the same for all shards: row r of all views of the step is
 * always at place r mod size. Places that belong to other shards are filled with zeros.
 */
export async function makePictures(
  sampler: Sampler,
  latents: Float32Array,
  first: number,
): Promise<Uint8Array> {
  const { tf, generator, ctx } = sampler;
  const dim = generator.latentDim;
  const pixels = elementCount(generator.imageShape);
  const rows = latents.length / dim;
  const size = batchSize(generator.imageShape);
  const out = new Uint8Array(rows * pixels);
  const finish = finisher(sampler, first);
  const batch = new Float32Array(size * dim);
  for (let row = 0; row < rows;) {
    ctx.signal.throwIfAborted();
    const place = (first * ctx.with.views + row) % size;
    const taken = Math.min(size - place, rows - row);
    batch.fill(0).set(latents.subarray(row * dim, (row + taken) * dim), place * dim);
    const images = tf.tidy(() => generator.generate(tf.tensor2d(batch, [size, dim])));
    const data = (await images.data()) as Float32Array;
    images.dispose();
    for (let i = 0; i < taken; i++) finish(row + i, data, (place + i) * pixels, out);
    row += taken;
    sampler.progress(row);
  }
  return out;
}

/** Views a batch: a power of two that keeps a batch of larger images in memory. A function of the shape alone. */
function batchSize([height, width]: PlacedGenerator["imageShape"]): number {
  const fitting = 2 ** Math.floor(Math.log2(2 ** 18 / (height * width)));
  return Math.max(8, Math.min(256, fitting));
}

/** T_x, then 8 bits, of the image at `images[at]`. Rows come in order: an anchor's draws go on from view to view. */
function finisher(
  { ctx, generator }: Sampler,
  first: number,
): (row: number, images: Float32Array, at: number, out: Uint8Array) => void {
  const { augment: options, views } = ctx.with;
  const pixels = elementCount(generator.imageShape);
  const augment = options === undefined ? undefined : makeAugment(options, generator.imageShape);
  const stream = ctx.random("augment");
  const view = new Float32Array(pixels);
  let draws: Draws = stream.at(first);
  return (row, images, at, out) => {
    if (row % views === 0) draws = stream.at(first + row / views);
    if (augment === undefined) view.set(images.subarray(at, at + pixels));
    else augment(images, at, view, 0, draws);
    for (let p = 0; p < pixels; p++) out[row * pixels + p] = Math.round((view[p] ?? 0) * 255);
  };
}
