/** The bootstrap over test images against SciPy's (test/fixtures/statistics), enumeration, and what must always hold. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { randomStream } from "../../runner/step-api.js";
import { binomial, multinomial } from "../../steps/kinds/compare/multinomial.js";
import type { Block } from "../../steps/kinds/compare/pairs.js";
import { compareOverImages, type TestComparison } from "../../steps/kinds/compare/test-images.js";
import { fixtureJson } from "../rig/fixtures.js";

interface Expected {
  images: { blocks: [string, string][]; mean: number; scipy95: [number, number] }[];
}
const { images } = fixtureJson("statistics/expected.json") as Expected;

type Right = readonly (0 | 1)[];

function blocksOf(pairs: readonly (readonly [generated: Right, real: Right])[]): Block<Uint8Array>[] {
  return pairs.map(([generated, real], seed) => ({
    labels: { seed },
    generated: Uint8Array.from(generated),
    real: Uint8Array.from(real),
  }));
}

function compared(blocks: readonly Block<Uint8Array>[], level = 0.95, resamples = 4000): TestComparison {
  return compareOverImages(blocks, { level, resamples }, randomStream(0, "test images"));
}

const bits = (text: string): Right => Array.from(text, bit => (bit === "1" ? 1 : 0));

describe("the bootstrap over test images", () => {
  it("agrees with scipy.stats.bootstrap to the least step that the mean can make", () => {
    for (const { blocks, mean, scipy95 } of images) {
      const found = compared(blocksOf(blocks.map(([a, b]) => [bits(a), bits(b)])));
      const step = 1 / (found.n * blocks.length);
      expect(found.mean).toBeCloseTo(mean, 12);
      expect(Math.abs(found.low - scipy95[0])).toBeLessThan(1.001 * step);
      expect(Math.abs(found.high - scipy95[1])).toBeLessThan(1.001 * step);
      expect(found.high - found.low).toBeGreaterThan(10 * step);
    }
  });

  it("agrees with every resample of few images written out", () => {
    const samples: [Right, Right][][] = [
      [[[1, 1, 0, 1, 0], [0, 1, 1, 0, 0]]],
      [[[1, 1, 1, 0, 0], [0, 0, 1, 0, 1]], [[1, 0, 1, 0, 1], [0, 0, 1, 1, 1]]],
      [[[1, 1, 1, 1], [0, 0, 0, 1]], [[1, 1, 0, 0], [0, 0, 1, 1]], [[1, 1, 0, 1], [1, 0, 0, 0]]],
    ]; // prettier-ignore
    let held = 0;
    for (const pairs of samples) {
      const all = everyResample(pairs);
      for (const level of [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]) {
        const { low, high } = compared(blocksOf(pairs), level);
        for (const [end, share] of [
          [low, (1 - level) / 2],
          [high, (1 + level) / 2],
        ] as const) {
          // Where the distribution jumps, the resamples' own luck says on which side the percentile falls.
          const [before, at, after] = [share - 0.025, share, share + 0.025].map(s => quantile(all, s));
          if (before !== after) continue;
          expect(end).toBeCloseTo(at ?? NaN, 12);
          held++;
        }
      }
    }
    expect(held).toBeGreaterThan(15);
  });

  const pairs = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }))
    .chain(([n, blocks]) => {
      const right = fc.array(fc.constantFrom<0 | 1>(0, 1), { minLength: n, maxLength: n });
      return fc.array(fc.tuple(right, right), { minLength: blocks, maxLength: blocks });
    });

  it("holds the difference itself, which is that of the accuracies", () => {
    fc.assert(
      fc.property(pairs, sample => {
        const { mean, low, high, n } = compared(blocksOf(sample), 0.95, 200);
        const accuracy = (right: Right): number => right.reduce<number>((a, b) => a + b, 0) / n;
        const differences = sample.map(([generated, real]) => accuracy(generated) - accuracy(real));
        expect(mean).toBeCloseTo(differences.reduce((a, b) => a + b, 0) / differences.length, 12);
        expect(low).toBeLessThanOrEqual(mean);
        expect(high).toBeGreaterThanOrEqual(mean);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("turns around when the arms change places, but for the luck of the draws", () => {
    fc.assert(
      fc.property(pairs, sample => {
        const one = compared(blocksOf(sample), 0.9, 1000);
        const other = compared(blocksOf(sample.map(([a, b]) => [b, a])), 0.9, 1000);
        expect(other.mean).toBeCloseTo(-one.mean, 12);
        expect(other.blocks.map(b => [b.onlyReal, b.onlyGenerated])).toEqual(
          one.blocks.map(b => [b.onlyGenerated, b.onlyReal]),
        );
        // A sixth of the width is over 5 standard errors of two such percentiles; and the mean moves in steps.
        const luck = (one.high - one.low) / 6 + 1.001 / (one.n * sample.length);
        expect(Math.abs(other.low + one.high)).toBeLessThan(luck);
        expect(Math.abs(other.high + one.low)).toBeLessThan(luck);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it("has no width when both arms agree on every image, and counts the images that one alone got right", () => {
    const right = bits("1101100111");
    expect(compared(blocksOf([[right, right]]))).toMatchObject({ mean: 0, low: 0, high: 0, n: 10 });
    const { blocks } = compared(blocksOf([[bits("1101100111"), bits("0001111111")]]));
    expect(blocks).toEqual([{ labels: { seed: 0 }, onlyGenerated: 2, onlyReal: 2 }]);
  });

  it("is as narrow as pairing makes it: what two arms have in common cancels", () => {
    const hard = Array.from({ length: 1000 }, (_, i): 0 | 1 => (i % 2 === 0 ? 1 : 0));
    const real = hard.map((bit, i) => (i < 10 ? 0 : bit));
    const { mean, low, high } = compared(blocksOf([[hard, real]]));
    expect(mean).toBe(0.005);
    // 5 images of 1,000 differ: 1.96 sqrt(0.005 * 0.995 / 1000) = 0.0044; unpaired it would be 0.044.
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThan(0.012);
  });
});

describe("binomial counts by binary digits", () => {
  it.each([
    [5, 1, 3],
    [7, 1, 2],
    [6, 5, 8],
    [3, 999, 1000],
  ])("come as often as they should: n = %i, p = %i/%i", (n, part, whole) => {
    const times = 10_000;
    const stream = randomStream(7, "binomial");
    const found = new Array<number>(n + 1).fill(0);
    for (let i = 0; i < times; i++) {
      const k = binomial(stream.at(i), n, part, whole);
      found[k] = (found[k] ?? 0) + 1;
    }
    const p = part / whole;
    for (const [k, count] of found.entries()) {
      const wanted = choose(n, k) * p ** k * (1 - p) ** (n - k);
      expect(Math.abs(count / times - wanted)).toBeLessThan(
        5 * Math.sqrt((wanted * (1 - wanted)) / times) + 1e-4,
      );
    }
  });

  it("have the mean and the variance of many draws", () => {
    const [n, part, whole, times] = [1000, 3, 10, 1000];
    const stream = randomStream(8, "binomial");
    const counts = Array.from({ length: times }, (_, i) => binomial(stream.at(i), n, part, whole));
    const mean = counts.reduce((a, b) => a + b, 0) / times;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / times;
    expect(Math.abs(mean - 300)).toBeLessThan(5 * Math.sqrt(210 / times));
    expect(Math.abs(variance / 210 - 1)).toBeLessThan(5 * Math.sqrt(2 / times));
  });

  it("know what is sure", () => {
    const draws = randomStream(0, "sure").at(0);
    expect([binomial(draws, 9, 0, 4), binomial(draws, 9, 4, 4), binomial(draws, 0, 1, 4)]).toEqual([0, 9, 0]);
  });

  it("share all draws out", () => {
    const out = new Int32Array(4);
    for (let i = 0; i < 200; i++) {
      multinomial(randomStream(1, "share").at(i), i, Int32Array.of(3, 1, 0, 5), out);
      expect(out.reduce((a, b) => a + b, 0)).toBe(i);
      expect(out[2]).toBe(0);
    }
  });
});

/** The mean difference of all n^n resamples of n images, sorted. */
function everyResample(pairs: readonly (readonly [Right, Right])[]): number[] {
  const n = pairs[0]?.[0].length ?? 0;
  const scores = Array.from({ length: n }, (_, i) =>
    pairs.reduce((sum, [generated, real]) => sum + (generated[i] ?? 0) - (real[i] ?? 0), 0),
  );
  let sums = [0];
  for (let k = 0; k < n; k++) sums = sums.flatMap(sum => scores.map(score => sum + score));
  return sums.map(sum => sum / n / pairs.length).sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? NaN;
}

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
}
