import { elementCount } from "../../../formats/arrays.js";
import type { ImageShape } from "../../../artifacts/image-batch.js";

/** A feature space for FD. */
export interface PooledSpace {
  /** What it is, for the model card. */
  readonly name: string;
  readonly width: number;
  /** Feature vectors [n, width] of images uint8 [n, H, W, C]. */
  features(images: Uint8Array): Float64Array;
}

/**
 * Pixels in [0, 1], averaged over the cells of a grid of at most 8 x 8. It sees shape, brightness and variety;
 * it does not see texture or blur finer than a cell.
 */
export function pooledPixels(shape: ImageShape): PooledSpace {
  const [height, width, channels] = shape;
  const [rows, columns] = [cells(height), cells(width)];
  const size = elementCount(shape);
  const features = rows * columns * channels;
  // Of each pixel: which feature it counts towards, and with what weight.
  const target = new Int32Array(size);
  const sizes = new Float64Array(features);
  for (let i = 0; i < size; i++) {
    const y = Math.floor(i / (width * channels));
    const x = Math.floor(i / channels) % width;
    const cell = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
    target[i] = cell * channels + (i % channels);
    sizes[target[i] ?? 0] = (sizes[target[i] ?? 0] ?? 0) + 1;
  }
  return {
    name: `pixels averaged over ${rows} x ${columns} cells`,
    width: features,
    features(images) {
      const out = new Float64Array((images.length / size) * features);
      for (let i = 0; i < images.length; i++) {
        const feature = target[i % size] ?? 0;
        const to = Math.floor(i / size) * features + feature;
        out[to] = (out[to] ?? 0) + (images[i] ?? 0) / (255 * (sizes[feature] ?? 1));
      }
      return out;
    },
  };
}

/** The largest number of equal cells up to 8, or 8 unequal ones for a prime side. */
function cells(side: number): number {
  for (let n = Math.min(8, side); n >= 4; n--) if (side % n === 0) return n;
  return Math.min(8, side);
}
