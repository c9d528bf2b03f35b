import type { RandomStream } from "../../runner/step-api.js";

/** Standard normal numbers [rows, dim]: the draws at `at`. */
export function latentNoise(
  random: RandomStream,
  at: number,
  rows: number,
  dim: number,
): { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> } {
  const draws = random.at(at);
  const data = new Float32Array(rows * dim);
  for (let i = 0; i < data.length; i++) data[i] = draws.normal();
  return { shape: [rows, dim], data };
}
