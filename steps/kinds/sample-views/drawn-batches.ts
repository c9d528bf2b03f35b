import type { ProgramArray } from "../../engine/index.js";
import { elementCount } from "../../formats/arrays.js";
import { withClasses } from "../../nn/conditions.js";
import type { Generator } from "../../artifacts/generator.js";
import type { Sampler } from "./sampler.js";

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
