import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { StepContext } from "../../runner/step-api.js";
import { elementCount } from "../lib/arrays.js";
import { type Augment, makeAugment } from "../lib/augment.js";
import type { Generator } from "../lib/generator.js";
import { drawLatent, type LatentLaw, transformLatent } from "../lib/latents.js";
import type { Tf } from "../lib/model.js";
import { writeNpy } from "../lib/npy.js";
import type { SampleViewsOptions } from "./options.js";

/** Everything that turns an anchor's number into its views. */
export interface Sampler {
  readonly ctx: Pick<StepContext<SampleViewsOptions>, "with" | "random" | "signal">;
  readonly tf: Tf;
  readonly generator: Generator;
  /** Told after each batch, with the number of views of the shard that are done. */
  progress(views: number): void;
}

/**
 * Makes the views of anchors `first` to `first + count`: a folder of views.npy uint8 [count, V, H, W, C] and
 * latents.npy float32 [count, V, z]. Each anchor's bytes are a pure function of seed and anchor number, whatever the
 * shard: its draws are its own, and G sees it at the same place of a batch of the same size (see `generateRows`).
 */
export async function writeShard(
  sampler: Sampler,
  folder: string,
  first: number,
  count: number,
): Promise<void> {
  const { ctx, generator } = sampler;
  const latents = shardLatents(sampler, first, count);
  const images = await generateRows(sampler, latents, first * ctx.with.views);
  await mkdir(folder, { recursive: true });
  const lead = [count, ctx.with.views];
  await writeNpy(join(folder, "latents.npy"), {
    dtype: "f4",
    shape: [...lead, generator.latentDim],
    data: latents,
  });
  await writeNpy(join(folder, "views.npy"), {
    dtype: "u1",
    shape: [...lead, ...generator.imageShape],
    data: toBytes(sampler, images, first, count),
  });
}

/** z of each view, [count * V, dim]: the anchor first, then T_z of it. Draws go on from view to view. */
function shardLatents({ generator, ctx }: Sampler, first: number, count: number): Float32Array {
  const options = ctx.with;
  const dim = generator.latentDim;
  const prior = options.prior === "model" ? generator.prior : options.prior;
  const law: LatentLaw = { dim, prior, truncation: options.truncation };
  const anchors = ctx.random("anchor");
  const transforms = ctx.random("transform");
  const out = new Float32Array(count * options.views * dim);
  for (let i = 0; i < count; i++) {
    const row = (v: number): Float32Array =>
      out.subarray((i * options.views + v) * dim, (i * options.views + v + 1) * dim);
    drawLatent(law, anchors.at(first + i), row(0));
    const draws = transforms.at(first + i);
    for (let v = 1; v < options.views; v++) transformLatent(law, options.transform, row(0), draws, row(v));
  }
  return out;
}

/**
 * G of each latent, as float32 in [0, 1]. `firstRow` is the number of the first among all views of the step.
 * A matrix product may round differently in a batch of another size or, at its ragged end, at another place. So
 * every batch is of one size and lies on a grid that is the same for all shards: row r is always at place r mod size.
 */
async function generateRows(
  sampler: Sampler,
  latents: Float32Array,
  firstRow: number,
): Promise<Float32Array> {
  const { tf, generator, ctx } = sampler;
  const dim = generator.latentDim;
  const pixels = elementCount(generator.imageShape);
  const rows = latents.length / dim;
  const size = batchSize(generator.imageShape);
  const out = new Float32Array(rows * pixels);
  const batch = new Float32Array(size * dim);
  for (let row = 0; row < rows;) {
    ctx.signal.throwIfAborted();
    const place = (firstRow + row) % size;
    const taken = Math.min(size - place, rows - row);
    batch.fill(0).set(latents.subarray(row * dim, (row + taken) * dim), place * dim);
    const images = tf.tidy(() => generator.generate(tf.tensor2d(batch, [size, dim])));
    const data = (await images.data()) as Float32Array;
    images.dispose();
    out.set(data.subarray(place * pixels, (place + taken) * pixels), row * pixels);
    row += taken;
    sampler.progress(row);
  }
  return out;
}

/** Views a batch: a power of two that keeps a batch of larger images in memory. A function of the shape alone. */
function batchSize([height, width]: Generator["imageShape"]): number {
  const fitting = 2 ** Math.floor(Math.log2(2 ** 18 / (height * width)));
  return Math.max(8, Math.min(256, fitting));
}

/** T_x of each view, then 8 bits. */
function toBytes(sampler: Sampler, images: Float32Array, first: number, count: number): Uint8Array {
  const { generator, ctx } = sampler;
  const options = ctx.with;
  const pixels = elementCount(generator.imageShape);
  const augment: Augment | undefined =
    options.augment === undefined ? undefined : makeAugment(options.augment, generator.imageShape);
  const stream = ctx.random("augment");
  const view = new Float32Array(pixels);
  const out = new Uint8Array(images.length);
  for (let i = 0; i < count; i++) {
    const draws = stream.at(first + i);
    for (let v = 0; v < options.views; v++) {
      const at = (i * options.views + v) * pixels;
      if (augment === undefined) view.set(images.subarray(at, at + pixels));
      else augment(images, at, view, 0, draws);
      for (let p = 0; p < pixels; p++) out[at + p] = Math.round((view[p] ?? 0) * 255);
    }
  }
  return out;
}
