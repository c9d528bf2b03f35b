/** Of two sets of feature vectors. */
export type PrecisionRecall = {
  /** The share of samples that lie among the images. */
  readonly precision: number;
  /** The share of images that lie among the samples. */
  readonly recall: number;
};

/**
 * Improved precision and recall (Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative
 * Models", NeurIPS 2019, eqs. 1 and 2): a vector lies among a set when it is no further from one of its members than
 * that member is from its own k-th nearest neighbour. Both are [n, d], with more than k rows; O(n^2 d).
 */
export function precisionRecall(
  images: Float64Array,
  samples: Float64Array,
  d: number,
  k: number,
): PrecisionRecall {
  return {
    precision: shareAmong(samples, images, reach(images, d, k), d),
    recall: shareAmong(images, samples, reach(samples, d, k), d),
  };
}

/** The share of `queries` that some member of `set` reaches. */
function shareAmong(queries: Float64Array, set: Float64Array, reaches: Float64Array, d: number): number {
  const count = queries.length / d;
  let among = 0;
  for (let q = 0; q < count; q++) {
    const at = q * d;
    // Stopped at the first that reaches it.
    if (reaches.some((limit, m) => distance(queries, at, set, m * d, d, limit) <= limit)) among++;
  }
  return among / count;
}

/** Of each vector of a set, the squared distance to its k-th nearest other one. */
function reach(set: Float64Array, d: number, k: number): Float64Array {
  const count = set.length / d;
  if (!(k >= 1 && k < count)) throw new RangeError(`the ${k} nearest of ${count - 1} others`);
  const nearest = new Float64Array(k);
  return Float64Array.from({ length: count }, (_, i) => {
    nearest.fill(Infinity);
    for (let j = 0; j < count; j++) {
      const limit = nearest[k - 1] ?? Infinity;
      const sum = j === i ? Infinity : distance(set, i * d, set, j * d, d, limit);
      if (sum < limit) insert(nearest, sum);
    }
    return nearest[k - 1] ?? Infinity;
  });
}

/** Puts a number into its place in an ascending list, from which the largest drops out. */
function insert(ascending: Float64Array, value: number): void {
  let at = ascending.length - 1;
  while (at > 0 && (ascending[at - 1] ?? 0) > value) {
    ascending[at] = ascending[at - 1] ?? 0;
    at--;
  }
  ascending[at] = value;
}

/** The squared distance, or as much of it as exceeds `limit`. */
function distance(a: Float64Array, i: number, b: Float64Array, j: number, d: number, limit: number): number {
  let sum = 0;
  for (let c = 0; c < d && sum <= limit; c++) sum += ((a[i + c] ?? 0) - (b[j + c] ?? 0)) ** 2;
  return sum;
}
