import type { Device } from "../../runner/step-api.js";
import { openEngine } from "../engine/index.js";
import { elementCount } from "../lib/arrays.js";
import type { ImageSet } from "../lib/images.js";
import { imageBatch, range } from "../training/batch.js";
import { loadEncoder } from "../training/encoder.js";

export type LabelledImages = ImageSet & { readonly labels: Int32Array };

/** Feature vectors [rows, width], row-major. */
export interface Features {
  readonly width: number;
  readonly values: Float64Array;
}

/** Pixels in [0, 1]. */
export function rawFeatures(set: ImageSet): Features {
  return { width: elementCount(set.shape), values: Float64Array.from(set.images, value => value / 255) };
}

/** What the encoder (a folder) makes of each set, with batch norm's running statistics: a frozen function. */
export async function encodedFeatures(
  folder: string,
  [first, second]: readonly [ImageSet, ImageSet],
  device: Device,
  signal: AbortSignal,
): Promise<[Features, Features]> {
  const engine = await openEngine(device);
  try {
    const { tf } = engine;
    const encoder = await loadEncoder(folder, tf);
    const encode = async (set: ImageSet): Promise<Features> => {
      const values = new Float64Array(set.count * encoder.features);
      for (let from = 0; from < set.count; from += batch) {
        signal.throwIfAborted();
        const indices = range(from, Math.min(from + batch, set.count));
        const y = tf.tidy(() => encoder.encode(imageBatch(tf, set.images, set.shape, indices)));
        values.set(await y.data(), from * encoder.features);
        y.dispose();
      }
      return { width: encoder.features, values };
    };
    return [await encode(first), await encode(second)];
  } finally {
    engine.dispose();
  }
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
