import type { RandomStream } from "../../runner/step-api.js";
import type { ProgramArray } from "../engine/types.js";

/**
 * He et al., "Delving Deep into Rectifiers" (ICCV 2015): normal numbers with variance 2 / fanIn, which keeps the
 * size of activations through layers of rectified units. `at` names the draws: another number for each parameter.
 */
export function heNormal(
  random: RandomStream,
  at: number,
  shape: readonly number[],
  fanIn: number,
): ProgramArray {
  return normal(random, at, shape, Math.sqrt(2 / fanIn));
}

/**
 * Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (AISTATS 2010):
 * uniform numbers with variance 2 / (fanIn + fanOut). For layers that are not followed by a rectifier.
 */
export function glorotUniform(
  random: RandomStream,
  at: number,
  shape: readonly number[],
  fanIn: number,
  fanOut: number,
): ProgramArray {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const draws = random.at(at);
  return filled(shape, () => limit * (2 * draws.uniform() - 1));
}

/** Normal numbers with mean 0 and the given standard deviation. */
export function normal(random: RandomStream, at: number, shape: readonly number[], sd: number): ProgramArray {
  const draws = random.at(at);
  return filled(shape, () => sd * draws.normal());
}

export function constant(shape: readonly number[], value: number): ProgramArray {
  return filled(shape, () => value);
}

function filled(shape: readonly number[], next: () => number): ProgramArray {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return { shape: [...shape], data };
}
