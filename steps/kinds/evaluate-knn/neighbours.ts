/** The k nearest rows of each query, nearest first; equal distances in the order of the rows. */
export interface Neighbours {
  /** [queries, k]: which rows. */
  readonly indices: Int32Array;
  /** [queries, k] */
  readonly distances: Float64Array;
}

/**
 * Finds the exact k nearest rows without computing most distances: from the coarsest level of the pyramid down, a row
 * whose bound exceeds the k-th smallest distance found so far is out. Bounds are tight where neighbouring features
 * are alike, as pixels are; elsewhere this is a scan that stops early. `onQuery` is called after each query.
 * Throws a RangeError unless 1 <= k <= the number of rows and both widths are equal.
 */
export function nearest(
  rows: Rows,
  queries: Rows,
  k: number,
  metric: Metric,
  onQuery?: (done: number) => void,
): Neighbours {
  if (!(k >= 1 && k <= rows.count)) throw new RangeError(`the ${k} nearest of ${rows.count} rows`);
  if (rows.width !== queries.width)
    throw new RangeError(`rows of ${rows.width} features, queries of ${queries.width}`);
  const search = new Search(pyramid(rows, metric), pyramid(queries, metric), metric, k);
  const indices = new Int32Array(queries.count * k);
  const distances = new Float64Array(queries.count * k);
  for (let q = 0; q < queries.count; q++) {
    const found = search.of(q);
    indices.set(found.rows, q * k);
    distances.set(metric === 2 ? found.sums.map(Math.sqrt) : found.sums, q * k);
    onQuery?.(q + 1);
  }
  return { indices, distances };
}

class Search {
  readonly #bounds: Float64Array;
  readonly #top: number;

  constructor(
    private readonly rows: readonly Rows[],
    private readonly queries: readonly Rows[],
    private readonly metric: Metric,
    private readonly k: number,
  ) {
    this.#bounds = new Float64Array(rows[0]?.count ?? 0);
    this.#top = rows.length - 1;
  }

  of(q: number): Smallest {
    const bounds = this.#bounds;
    // The most promising rows first: then the limit is nearly final before the others come.
    const promising = new Smallest(Math.min(this.k + 16, bounds.length));
    for (let r = 0; r < bounds.length; r++) {
      const bound = this.#sum(this.#top, q, r, Infinity) * slack;
      bounds[r] = bound;
      if (bound < promising.limit) promising.offer(r, bound);
    }
    const best = new Smallest(this.k);
    for (const r of promising.rows) {
      this.#consider(q, r, best);
      bounds[r] = Infinity;
    }
    let { limit } = best;
    for (let r = 0; r < bounds.length; r++)
      if ((bounds[r] ?? 0) <= limit) {
        this.#consider(q, r, best);
        limit = best.limit;
      }
    return best;
  }

  #consider(q: number, r: number, best: Smallest): void {
    const { limit } = best;
    for (let level = this.#top - 1; level > 0; level--)
      if (this.#sum(level, q, r, limit) * slack > limit) return;
    const sum = this.#sum(0, q, r, limit);
    if (sum <= limit) best.offer(r, sum);
  }

  /** The sum of |a - b|^p on a level, or as much of it as exceeds `limit`. */
  #sum(level: number, q: number, r: number, limit: number): number {
    const [x, y] = [this.rows[level], this.queries[level]];
    if (x === undefined || y === undefined) return 0;
    const add = this.metric === 1 ? addAbsolute : addSquares;
    const { width } = x;
    let sum = 0;
    for (let from = 0; from < width && sum <= limit; from += stride) {
      sum = add(sum, x.values, r * width + from, y.values, q * width + from, Math.min(stride, width - from));
    }
    return sum;
  }
}

function addAbsolute(sum: number, x: Float32Array, i: number, y: Float32Array, j: number, n: number): number {
  for (let d = 0; d < n; d++) sum += Math.abs((x[i + d] ?? 0) - (y[j + d] ?? 0));
  return sum;
}

function addSquares(sum: number, x: Float32Array, i: number, y: Float32Array, j: number, n: number): number {
  for (let d = 0; d < n; d++) {
    const difference = (x[i + d] ?? 0) - (y[j + d] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

/** The `size` smallest (sum, row) offered, in order. */
class Smallest {
  readonly rows: number[] = [];
  readonly sums: number[] = [];

  constructor(private readonly size: number) {}

  /** A row with a greater sum has no place; one with an equal sum has, if it comes earlier. */
  get limit(): number {
    return this.sums.length < this.size ? Infinity : (this.sums[this.size - 1] ?? Infinity);
  }

  offer(row: number, sum: number): void {
    let at = this.sums.length;
    while (at > 0 && isAfter(this.sums[at - 1] ?? 0, this.rows[at - 1] ?? 0, sum, row)) at--;
    if (at === this.size) return;
    this.sums.splice(at, 0, sum);
    this.rows.splice(at, 0, row);
    if (this.rows.length > this.size) [this.rows.length, this.sums.length] = [this.size, this.size];
  }
}

function isAfter(sumA: number, rowA: number, sumB: number, rowB: number): boolean {
  return sumA > sumB || (sumA === sumB && rowA > rowB);
}

/** After so many numbers, look whether the sum is too large already. */
const stride = 56;
/** Covers the rounding of the levels to single precision. */
const slack = 1 - 1e-5;

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
