import { createHash } from "node:crypto";

/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy
 * as 1, 2, 3", SC 2011). A draw is a pure function of (seed, stream, index, draw number), so item *i* of a data
 * set is the same whatever the shard size, the order or the process that makes it.
 */
export interface Draws {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /** A standard normal number (Box-Muller). */
  normal(): number;
  /** An integer in [0, n), unbiased; n in [1, 2^32]. */
  below(n: number): number;
}

/** A named stream of randomness; `at(i)` gives item i's own draws. */
export interface RandomStream {
  at(index: number): Draws;
}

/** Streams of the same seed and other names are independent. `seed` is any JSON-safe integer or text. */
export function randomStream(seed: number | string, stream: string): RandomStream {
  const hash = createHash("sha256")
    .update(`${typeof seed}:${seed}\0${stream}`)
    .digest();
  const key0 = hash.readUInt32LE(0);
  const key1 = hash.readUInt32LE(4);
  return { at: index => draws(index, key0, key1) };
}

function draws(index: number, key0: number, key1: number): Draws {
  if (!Number.isSafeInteger(index) || index < 0)
    throw new RangeError(`random index ${index} is not a whole number >= 0`);
  const low = index >>> 0;
  const high = Math.floor(index / 2 ** 32);
  const block = new Uint32Array(4);
  let used = 4;
  let turn = 0;
  let spare: number | undefined;
  const uint32 = (): number => {
    if (used === 4) {
      philox4x32(turn++, low, high, key0, key1, block);
      used = 0;
    }
    return block[used++] ?? 0;
  };
  const uniform = (): number => uint32() / 2 ** 32;
  return {
    uint32,
    uniform,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // 1 - u lies in (0, 1], so the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    below(n) {
      const limit = 2 ** 32 - (2 ** 32 % n);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % n;
    },
  };
}

/** One Philox4x32-10 block: counter (c0, c1, c2, 0) under key (k0, k1), written to `out`. */
export function philox4x32(
  c0: number,
  c1: number,
  c2: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  c3 = 0,
): void {
  let [x0, x1, x2, x3] = [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
  let [key0, key1] = [k0 >>> 0, k1 >>> 0];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, x0);
    const low0 = Math.imul(0xd2511f53, x0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, x2);
    const low1 = Math.imul(0xcd9e8d57, x2) >>> 0;
    [x0, x1, x2, x3] = [(high1 ^ x1 ^ key0) >>> 0, low1, (high0 ^ x3 ^ key1) >>> 0, low0];
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** The upper 32 bits of the 64-bit product of two 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}
