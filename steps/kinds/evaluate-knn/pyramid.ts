/** Feature vectors, one a row, row-major. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  /** [count, width] */
  readonly values: Float32Array;
}

/** Exponent p of the distance (sum of |a - b|^p)^(1/p): 1 is Manhattan, 2 Euclidean. */
export type Metric = 1 | 2;

/**
 * Rows at several resolutions, finest first: the rows themselves, then their sums over runs of neighbouring features,
 * scaled so that between two rows of a level the sum of |a - b|^p is at most that of the level below: for a run of n
 * features |sum a - sum b|^p / n^(p-1) <= sum |a - b|^p (Yi & Faloutsos, "Fast Time Sequence Indexing for Arbitrary Lp
 * Norms", VLDB 2000). Rounding to single precision may break that by a relative 1e-6.
 */
export function pyramid(rows: Rows, metric: Metric): readonly Rows[] {
  const coarse = runs.filter(run => run < rows.width).map(run => sums(rows, run, metric));
  return [rows, ...coarse];
}

/** Features a run; each divides the next, and a level costs that many times less than the features. */
const runs = [7, 28, 112] as const;

function sums({ count, width, values }: Rows, run: number, metric: Metric): Rows {
  const coarse = Math.ceil(width / run);
  const out = new Float32Array(count * coarse);
  for (let r = 0; r < count; r++)
    for (let c = 0; c < coarse; c++) {
      const [from, to] = [c * run, Math.min((c + 1) * run, width)];
      let sum = 0;
      for (let d = from; d < to; d++) sum += values[r * width + d] ?? 0;
      out[r * coarse + c] = metric === 1 ? sum : sum / Math.sqrt(to - from);
    }
  return { count, width: coarse, values: out };
}
