import type { Labels, RandomStream } from "../../../runner/step-api.js";
import type { Block } from "./pairs.js";
import { multinomial } from "./multinomial.js";

/**
 * generated - real as far as it depends on which images the test set happens to hold. Only the images vary in `low` to
 * `high`: the encoders and probes, with their seeds and training, are held fixed, so that it is no statement about
 * another training. That is what the interval over blocks is for, which in turn holds the images fixed.
 */
export type TestComparison = {
  /** Of the accuracies: the mean over images, and over blocks, of generated right - real right. */
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Test images. */
  readonly n: number;
  readonly resamples: number;
  /** The images that one arm alone got right: the counts of McNemar's test (1947). */
  readonly blocks: readonly {
    readonly labels: Labels;
    readonly onlyGenerated: number;
    readonly onlyReal: number;
  }[];
};

/**
 * The percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) of the paired
 * difference over test images: an image is drawn with all its predictions, in both arms and every block, so that what
 * makes it hard for all cancels. Not bias-corrected: the mean of thousands of bounded numbers is all but symmetric.
 * Each block holds, by arm, [n] ones for right and zeros for wrong; there is at least one block and one image.
 */
export function compareOverImages(
  blocks: readonly Block<Uint8Array>[],
  { level, resamples }: { readonly level: number; readonly resamples: number },
  random: RandomStream,
): TestComparison {
  const n = blocks[0]?.generated.length ?? 0;
  const images = Array.from({ length: n }, (_, i) => i);
  const right = (image: number, arm: "generated" | "real"): number =>
    blocks.reduce((sum, block) => sum + (block[arm][image] ?? 0), 0);
  const scores = Int32Array.from(images, i => right(i, "generated") - right(i, "real"));
  const alone = (winner: Uint8Array, loser: Uint8Array): number =>
    images.reduce((count, i) => count + (winner[i] === 1 && loser[i] === 0 ? 1 : 0), 0);
  const sums = resampledSums(scores, resamples, random);
  const scale = n * blocks.length;
  return {
    mean: scores.reduce((sum, score) => sum + score, 0) / scale,
    low: quantile(sums, (1 - level) / 2) / scale,
    high: quantile(sums, (1 + level) / 2) / scale,
    ...{ n, resamples },
    blocks: blocks.map(({ labels, generated, real }) => ({
      labels,
      onlyGenerated: alone(generated, real),
      onlyReal: alone(real, generated),
    })),
  };
}

/**
 * Sorted sums of `scores` drawn n times with replacement. Images of equal score need not be told apart, and there are
 * few scores: it is enough to draw how often each comes up.
 */
function resampledSums(scores: Int32Array, resamples: number, random: RandomStream): Float64Array {
  const counts = new Map<number, number>();
  for (const score of [...scores].sort((a, b) => a - b)) counts.set(score, (counts.get(score) ?? 0) + 1);
  const [values, sizes] = [[...counts.keys()], Int32Array.from(counts.values())];
  const drawn = new Int32Array(sizes.length);
  return Float64Array.from({ length: resamples }, (_, i) => {
    multinomial(random.at(i), scores.length, sizes, drawn);
    return values.reduce((sum, value, k) => sum + value * (drawn[k] ?? 0), 0);
  }).sort();
}

/** Linear between order statistics; `share` in [0, 1]. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}
