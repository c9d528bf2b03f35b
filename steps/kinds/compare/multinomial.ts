import type { Draws } from "../../../runner/step-api.js";

/**
 * How many of `n` draws with replacement fall into each of the classes of sizes `counts`: Multinomial(n, counts / sum),
 * as one binomial after another, each of what is left among the classes that are left (Devroye, Non-Uniform Random
 * Variate Generation, 1986, XI.1.5). `counts` are whole numbers below 2^31 with a sum above 0; `out`, as long, takes
 * the result.
 */
export function multinomial(draws: Draws, n: number, counts: Int32Array, out: Int32Array): void {
  let size = counts.reduce((sum, count) => sum + count, 0);
  let left = n;
  for (const [k, count] of counts.entries()) {
    const drawn = binomial(draws, left, count, size);
    out[k] = drawn;
    left -= drawn;
    size -= count;
  }
}

/**
 * How many of `n` uniform numbers lie below `part` / `whole`: Binomial(n, part / whole), exactly, for whole numbers
 * 0 <= part <= whole. All n are compared with the fraction at once, binary digit by binary digit: those whose digit
 * differs from the fraction's are decided, half of them at each. It takes about 2 n random bits, not n numbers.
 */
export function binomial(draws: Draws, n: number, part: number, whole: number): number {
  if (part === whole) return n;
  let [below, undecided, rest] = [0, n, part];
  while (undecided > 0 && rest > 0) {
    const ones = countOnes(draws, undecided);
    rest *= 2;
    if (rest >= whole) {
      rest -= whole;
      below += undecided - ones;
      undecided = ones;
    } else undecided -= ones;
  }
  return below;
}

/** How many of `n` random bits are set. */
function countOnes(draws: Draws, n: number): number {
  let ones = 0;
  for (let left = n; left > 0; left -= 32) {
    const bits = draws.uint32();
    ones += popCount(left >= 32 ? bits : bits >>> (32 - left));
  }
  return ones;
}

/** Set bits of a 32-bit integer: summed in pairs, fours, bytes (Warren, Hacker's Delight, 5-1). */
function popCount(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  const bytes = (fours + (fours >>> 4)) & 0x0f0f0f0f;
  return (bytes * 0x01010101) >>> 24;
}
