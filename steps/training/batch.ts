import type { Tensor4D, TensorFlow } from "../engine/index.js";

export type ImageShape = readonly [height: number, width: number, channels: number];

/** Images `indices` of `images` (uint8 [N, H, W, C]) as a tensor [indices.length, H, W, C] in [0, 1]. */
export function imageBatch(
  tf: TensorFlow,
  images: Uint8Array,
  shape: ImageShape,
  indices: ArrayLike<number>,
): Tensor4D {
  const size = shape[0] * shape[1] * shape[2];
  const out = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const from = (indices[i] ?? 0) * size;
    for (let j = 0; j < size; j++) out[i * size + j] = (images[from + j] ?? 0) / 255;
  }
  return tf.tensor4d(out, [indices.length, ...shape]);
}

/** The whole numbers from `from` (included) to `to` (excluded). */
export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
