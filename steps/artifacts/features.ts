import type { Device } from "../../runner/step-api.js";
import { openEngine } from "../engine/index.js";
import { elementCount, sameShape, shapeText } from "../formats/arrays.js";
import { type ImageFile, range } from "./images.js";
import { imageBatch } from "./image-batch.js";
import { type Encoder, encoderProgram } from "./encoder.js";

/** Images that are read as they are wanted: a file's, or some of them. */
export type Images = Pick<ImageFile, "count" | "shape" | "pick">;
export type LabelledImages = Images & Pick<ImageFile, "classes"> & { readonly labels: Int32Array };

/** Feature vectors [rows, width], row-major. */
export interface Features {
  readonly width: number;
  readonly values: Float64Array;
}

/** Pixels in [0, 1]. */
export function rawFeatures(set: Images): Features {
  const width = elementCount(set.shape);
  const values = new Float64Array(set.count * width);
  for (const { from, pixels } of batches(set))
    for (const [i, value] of pixels.entries()) values[from * width + i] = value / 255;
  return { width, values };
}

/**
 * What the encoder makes of each set, with batch norm's running statistics: a frozen function. Throws unless the images
 * are of the size and channels that it was trained on, though its layers might take others; `name` is what it is.
 */
export async function encodedFeatures(
  encoder: Encoder,
  sets: readonly Images[],
  device: Device,
  signal: AbortSignal,
  name = "encoder",
): Promise<Features[]> {
  for (const { shape } of sets) checkImages(encoder.card.image, shape, name);
  const width = encoder.features;
  const engine = await openEngine(device);
  try {
    const program = encoderProgram(engine, encoder);
    const all: Features[] = [];
    for (const set of sets) {
      const values = new Float64Array(set.count * width);
      for (const { from, pixels } of batches(set)) {
        signal.throwIfAborted();
        // The last batch is filled up to the others' size, so that the engine compiles for one size alone.
        const { features } = await program.run({ images: imageBatch(pixels, set.shape, batch) });
        const rows = Math.min(batch, set.count - from);
        values.set(features?.data.subarray(0, rows * width) ?? [], from * width);
      }
      all.push({ width, values });
    }
    return all;
  } finally {
    engine.dispose();
  }
}

function checkImages(takes: Images["shape"], given: Images["shape"], name: string): void {
  if (sameShape(takes, given)) return;
  const [height, width, channels] = takes;
  const size = height !== given[0] || width !== given[1];
  const remedies = [
    ...(size ? [`resize: ${height === width ? height : `[${height}, ${width}]`}`] : []),
    ...(channels !== given[2] ? [`channels: ${channels}`] : []),
  ];
  throw new Error(
    `the ${name} takes images of ${shapeText(takes)}, these are ${shapeText(given)}. To make them alike, give ` +
      `fetch-dataset \`${remedies.join(", ")}\``,
  );
}

/** The pictures in order, `batch` at a time, and fewer in the end. */
function* batches(set: Images): Generator<{ readonly from: number; readonly pixels: Uint8Array }> {
  for (let from = 0; from < set.count; from += batch)
    yield { from, pixels: set.pick(range(from, Math.min(from + batch, set.count))) };
}

/** Both sets shifted and scaled by the first one's mean and standard deviation; a constant feature becomes 0. */
export function standardise([fit, other]: readonly [Features, Features]): [Features, Features] {
  const { width, values } = fit;
  const rows = values.length / width;
  const mean = new Float64Array(width);
  const variance = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width] = (mean[i % width] ?? 0) + (values[i] ?? 0) / rows;
  for (let i = 0; i < values.length; i++) {
    const centred = (values[i] ?? 0) - (mean[i % width] ?? 0);
    variance[i % width] = (variance[i % width] ?? 0) + (centred * centred) / rows;
  }
  // Below this a feature's spread is rounding error, and dividing by it would make noise of it.
  const scale = variance.map(v => (v > 1e-12 ? 1 / Math.sqrt(v) : 0));
  const apply = (set: Features): Features => ({
    width,
    values: set.values.map((value, i) => (value - (mean[i % width] ?? 0)) * (scale[i % width] ?? 0)),
  });
  return [apply(fit), apply(other)];
}

/** Large enough to keep the engine busy, small enough to fit its memory with the widest layer. */
const batch = 256;
