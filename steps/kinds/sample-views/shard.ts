import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Draws, StepContext } from "../../../runner/step-api.js";
import type { ImageProgram } from "../../artifacts/generator-program.js";
import type { Generator } from "../../artifacts/generator.js";
import { labelArray, range } from "../../artifacts/images.js";
import type { ProgramArray } from "../../engine/index.js";
import { elementCount } from "../../formats/arrays.js";
import { createNpy, writeNpy } from "../../formats/npy.js";
import { makeAugment } from "../../nn/augment.js";
import { withClasses } from "../../nn/conditions.js";
import { drawLatent, type LatentLaw, transformLatent } from "../../nn/latents.js";
import type { SampleViewsOptions } from "./sampling-options.js";

/**
 * Makes the views of anchors `first` to `first + count`: a folder of views.npy uint8 [count, V, H, W, C],
 * latents.npy float32 [count, V, z] and, where the generator has classes, y.npy uint8 [count]. Each anchor's bytes are a pure function of seed and anchor number, whatever the
 * shard: its draws are its own, and G sees it at the same place of a batch of the same size (see `drawBatches`).
 * A shard is never in memory, only the batch that the engine computes and the one before it.
 */
export async function writeShard(
  sampler: Sampler,
  folder: string,
  first: number,
  count: number,
): Promise<void> {
  const { ctx, generator } = sampler;
  await mkdir(folder, { recursive: true });
  const lead = [count, ctx.with.views];
  const latents = await createNpy(join(folder, "latents.npy"), "f4", [...lead, generator.latentDim]);
  const views = await createNpy(join(folder, "views.npy"), "u1", [...lead, ...generator.imageShape]);
  const labels = anchorLabels(sampler, first, count);
  const { classes } = generator;
  if (classes.length > 0) await writeNpy(join(folder, "y.npy"), labelArray(labels, classes.length));
  const finish = finisher(sampler, first);
  let done = 0;
  for await (const batch of drawBatches(sampler, latentRows(sampler, first), labels, first)) {
    await latents.write(batch.latents);
    await views.write(finish(batch.images));
    done += batch.rows;
    sampler.progress(done);
  }
  await latents.close();
  await views.close();
}

/** Everything that turns an anchor's number into its views. */
export interface Sampler {
  readonly ctx: Pick<StepContext<SampleViewsOptions>, "with" | "random" | "signal">;
  readonly generator: Generator;
  /** `generatorProgram` of it. */
  readonly program: ImageProgram;
  /** Called after each batch, with the number of views of the shard that are done. */
  progress(views: number): void;
}

/**
 * The classes of `count` anchors from `first` on, uniform over `with.classes` or all: each a function of seed and
 * anchor number. An anchor keeps its class in all of its views (Jahanian et al. 2022, section 4.1). Zeros where the
 * generator has no classes. Throws a RangeError on a class that it does not have.
 */
export function anchorLabels(
  { ctx, generator }: Pick<Sampler, "ctx" | "generator">,
  first: number,
  count: number,
): Int32Array {
  const known = generator.classes.length;
  const wanted = ctx.with.classes ?? range(0, known);
  const unknown = wanted.find(label => label >= known);
  if (unknown !== undefined) throw new RangeError(classless(unknown, generator.classes));
  if (known === 0) return new Int32Array(count);
  const stream = ctx.random("class");
  return Int32Array.from({ length: count }, (_, i) => wanted[stream.at(first + i).below(wanted.length)] ?? 0);
}

function classless(label: number, classes: readonly string[]): string {
  if (classes.length === 0)
    return "with.classes: this generator was not trained on classes, it takes z alone";
  return `with.classes: ${label} is none of this generator's classes, 0 to ${classes.length - 1} (${classes.join(", ")})`;
}

/**
 * Writes z of each view from anchor `first` on, one more at each call: the anchor's own, then T_z of it, then the next
 * anchor's. Each anchor's draws are its own and go on from view to view.
 */
export function latentRows({ generator, ctx }: Sampler, first: number): (out: Float32Array) => void {
  const { prior: wanted, truncation, transform, views } = ctx.with;
  const prior = wanted === "model" ? generator.prior : wanted;
  const { latentDim: dim, priorRange } = generator;
  const law: LatentLaw = { dim, prior, truncation, ...(priorRange && { range: priorRange }) };
  const [anchors, transforms] = [ctx.random("anchor"), ctx.random("transform")];
  const anchor = new Float32Array(law.dim);
  let draws = transforms.at(first);
  let row = 0;
  return out => {
    if (row % views === 0) {
      const number = first + row / views;
      drawLatent(law, anchors.at(number), anchor);
      draws = transforms.at(number);
      out.set(anchor);
    } else transformLatent(law, transform, anchor, draws, out);
    row++;
  };
}

/**
 * T_x, then 8 bits, of images [rows, H, W, C] in [0, 1]: the next views, from anchor `first` on. Rows come in order,
 * because an anchor's draws go on from view to view.
 */
export function finisher(
  { ctx, generator }: Pick<Sampler, "ctx" | "generator">,
  first: number,
): (images: Float32Array) => Uint8Array {
  const { augment: options, views } = ctx.with;
  const pixels = elementCount(generator.imageShape);
  const augment = options === undefined ? undefined : makeAugment(options, generator.imageShape);
  const stream = ctx.random("augment");
  const view = new Float32Array(pixels);
  let draws: Draws = stream.at(first);
  let row = 0;
  return images => {
    const out = new Uint8Array(images.length);
    for (let at = 0; at < images.length; at += pixels) {
      if (row % views === 0) draws = stream.at(first + row / views);
      row++;
      if (augment === undefined) view.set(images.subarray(at, at + pixels));
      else augment(images, at, view, 0, draws);
      for (let p = 0; p < pixels; p++) out[at + p] = Math.round((view[p] ?? 0) * 255);
    }
    return out;
  };
}

/** Views that the engine has drawn. */
export interface Drawn {
  readonly rows: number;
  /** [rows, z] */
  readonly latents: Float32Array;
  /** G(z), [rows, H, W, C] in [0, 1]. */
  readonly images: Float32Array;
}

/**
 * G(z) of the views of anchors from `first` on, one a label, in order, their latents being what `nextLatent` writes.
 * A matrix product may round differently in a batch of another size or, at its ragged end, at another place. So
 * every batch is of one size and lies on a grid that is the same for all shards: row r of all views of the step is
 * always at place r mod size. Places that belong to other shards are filled with zeros.
 * While a batch is looked at, the engine computes the next one.
 */
export async function* drawBatches(
  { ctx, generator, program }: Sampler,
  nextLatent: (out: Float32Array) => void,
  labels: Int32Array,
  first: number,
): AsyncGenerator<Drawn> {
  const dim = generator.latentDim;
  const classes = generator.classes.length;
  const pixels = elementCount(generator.imageShape);
  const size = batchSize(generator.imageShape);
  const begin = first * ctx.with.views;
  const end = begin + labels.length * ctx.with.views;
  interface Batch extends Omit<Drawn, "images"> {
    readonly place: number;
    readonly drawn: Promise<{ readonly images: ProgramArray }>;
  }
  const start = (from: number): Batch => {
    const place = from % size;
    const rows = Math.min(size - place, end - from);
    const z = new Float32Array(size * dim);
    const y = new Int32Array(size);
    for (let i = 0; i < rows; i++) {
      nextLatent(z.subarray((place + i) * dim, (place + i + 1) * dim));
      y[place + i] = labels[Math.floor((from + i) / ctx.with.views) - first] ?? 0;
    }
    const data = withClasses(z, dim, y, classes);
    const drawn = program.run({ z: { shape: [size, dim + classes], data } });
    // It fails where it is awaited; but a step that is cancelled before then must not die of it.
    drawn.catch(() => undefined);
    return { rows, place, latents: z.subarray(place * dim, (place + rows) * dim), drawn };
  };
  let at = begin;
  let next: Batch | undefined = start(at);
  while (next !== undefined) {
    const { rows, place, latents, drawn }: Batch = next;
    ctx.signal.throwIfAborted();
    const { images } = await drawn;
    at += rows;
    next = at < end ? start(at) : undefined;
    const own = images.data.subarray(place * pixels, (place + rows) * pixels);
    if (!(own instanceof Float32Array)) throw new Error("Internal error: a generator without images.");
    yield { rows, latents, images: own };
  }
}

/** Views a batch: a power of two that keeps a batch of larger images in memory. A function of the shape alone. */
function batchSize([height, width]: Generator["imageShape"]): number {
  const fitting = 2 ** Math.floor(Math.log2(2 ** 18 / (height * width)));
  return Math.max(8, Math.min(256, fitting));
}
