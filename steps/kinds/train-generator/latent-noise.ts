import type { RandomStream } from "../../../runner/step-api.js";
import { withClasses } from "../../nn/conditions.js";

/** Numbers for a program. */
interface Rows {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** Standard normal numbers [rows, dim]: the draws at `at`. */
export function latentNoise(random: RandomStream, at: number, rows: number, dim: number): Rows {
  const draws = random.at(at);
  const data = new Float32Array(rows * dim);
  for (let i = 0; i < data.length; i++) data[i] = draws.normal();
  return { shape: [rows, dim], data };
}

/** Where a generator's inputs come from: z from N(0, 1), and, where there are classes, each in its turn. */
export interface Latents {
  readonly dim: number;
  readonly classes: number;
  readonly random: RandomStream;
}

/** What the generator takes for samples `first` to `first + rows`: [rows, dim + classes]. */
export function latentRows({ dim, classes, random }: Latents, first: number, rows: number): Rows {
  const { data } = latentNoise(random, first, rows, dim);
  const labels = Int32Array.from({ length: rows }, (_, i) => classOf(first + i, classes));
  return { shape: [rows, dim + classes], data: withClasses(data, dim, labels, classes) };
}

/** The class of a sample: each in its turn. */
export function classOf(sample: number, classes: number): number {
  return classes === 0 ? 0 : sample % classes;
}
