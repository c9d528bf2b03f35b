import { randomStream } from "../../core/numbers/philox.js";
import { normalCdf, normalQuantile } from "./normal.js";
import { type Alternative, demand, levelOf, meanAndError, type TestResult, Unanswerable } from "./answer.js";

/** Resamples of a bootstrap: so many that the ends of a 95 % interval move by about a hundredth of its width. */
export const RESAMPLES = 9999;

/**
 * The bias-corrected and accelerated bootstrap (BCa; Efron, "Better Bootstrap Confidence Intervals", JASA 1987) of
 * the mean of paired differences. The resamples are drawn by Philox from `seed`: the same data give the same numbers
 * everywhere. p inverts the interval: the alpha at which its end meets `against`; never below 1 / (resamples + 1).
 * n >= 5: fewer values have fewer than 126 different resamples. Throws `Unanswerable` for fewer, or without spread.
 */
export function bootstrap(
  differences: readonly number[],
  alternative: Alternative,
  against: number,
  alpha: number,
  seed: number,
): TestResult {
  demand(differences, 5, "a bootstrap");
  const { mean, error } = meanAndError(differences, "a bootstrap");
  const level = levelOf(alternative, alpha);
  const bca = new Bca(differences, resampledMeans(differences, seed));
  const above = bca.tail(against);
  const p =
    alternative === "greater" ? above : alternative === "less" ? 1 - above : 2 * Math.min(above, 1 - above);
  return {
    ...{ statistic: (mean - against) / error, p: Math.max(p, 1 / (RESAMPLES + 1)), estimate: mean },
    ...{ interval: bca.interval(level), level, n: differences.length },
  };
}

/** A bootstrap distribution of the mean, with its bias correction and acceleration. */
export class Bca {
  readonly #sorted: Float64Array;
  readonly #bias: number;
  readonly #acceleration: number;

  constructor(values: readonly number[], means: Float64Array) {
    const n = values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    this.#sorted = Float64Array.from(means).sort();
    this.#bias = normalQuantile(this.#share(mean));
    if (!Number.isFinite(this.#bias)) throw new Unanswerable("the resamples do not surround the mean");
    // Of a mean, the jackknife's deviations are those of the values, up to a factor that cancels.
    const cubes = values.reduce((sum, value) => sum + (value - mean) ** 3, 0);
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    this.#acceleration = cubes / (6 * squares ** 1.5);
  }

  interval(level: number): [low: number, high: number] {
    return [this.#quantile(this.#adjusted((1 - level) / 2)), this.#quantile(this.#adjusted((1 + level) / 2))];
  }

  /** One-sided p of "the mean is greater than `against`": the share at which the lower end lies on it. */
  tail(against: number): number {
    const share = this.#share(against);
    if (share === 0 || share === 1) return share;
    const w = normalQuantile(share) - this.#bias;
    const scale = 1 + this.#acceleration * w;
    if (scale <= 0) return w < 0 ? 0 : 1;
    return normalCdf(w / scale - this.#bias);
  }

  #adjusted(share: number): number {
    const z = this.#bias + normalQuantile(share);
    return normalCdf(this.#bias + z / (1 - this.#acceleration * z));
  }

  /** Share of resamples below a value, those equal to it by half. */
  #share(value: number): number {
    let below = 0;
    for (const mean of this.#sorted) below += mean < value ? 1 : mean === value ? 0.5 : 0;
    return below / this.#sorted.length;
  }

  /** Linear between order statistics. */
  #quantile(share: number): number {
    const at = Math.min(1, Math.max(0, share)) * (this.#sorted.length - 1);
    const low = this.#sorted[Math.floor(at)] ?? NaN;
    const high = this.#sorted[Math.ceil(at)] ?? NaN;
    return low + (high - low) * (at - Math.floor(at));
  }
}

function resampledMeans(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  const stream = randomStream(seed, "bootstrap");
  return Float64Array.from({ length: RESAMPLES }, (_, i) => {
    const draws = stream.at(i);
    let sum = 0;
    for (let k = 0; k < n; k++) sum += values[draws.below(n)] ?? 0;
    return sum / n;
  });
}
