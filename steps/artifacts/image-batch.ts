import type { ProgramArray } from "../engine/index.js";

export type ImageShape = readonly [height: number, width: number, channels: number];

/** Pictures, uint8 [n, H, W, C], as numbers in [0, 1] for a program: float32 [rows, H, W, C], black beyond the n. */
export function imageBatch(
  images: Uint8Array,
  shape: ImageShape,
  rows: number,
): ProgramArray & { readonly data: Float32Array<ArrayBuffer> } {
  const data = new Float32Array(rows * shape[0] * shape[1] * shape[2]);
  for (let i = 0; i < images.length; i++) data[i] = (images[i] ?? 0) / 255;
  return { shape: [rows, ...shape], data };
}
