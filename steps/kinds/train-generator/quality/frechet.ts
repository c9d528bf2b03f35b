import { symmetricEigen } from "./eigen.js";

/** Mean [d] and covariance [d, d] (divided by n - 1) of a set of vectors. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/**
 * The squared Frechet (Wasserstein-2) distance of two Gaussians (Dowson & Landau, "The Frechet distance between
 * multivariate normal distributions", Journal of Multivariate Analysis 12, 1982, eq. 4):
 *
 *   |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^(1/2) C2 C1^(1/2))^(1/2))
 *
 * It is called FD, never FID: that name belongs to the features of one Inception network, and no number here may be
 * compared with published FIDs.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const d = a.mean.length;
  let distance = 0;
  for (let i = 0; i < d; i++) {
    distance += ((a.mean[i] ?? 0) - (b.mean[i] ?? 0)) ** 2;
    distance += (a.covariance[i * d + i] ?? 0) + (b.covariance[i * d + i] ?? 0);
  }
  const root = squareRoot(a.covariance, d);
  const inner = product(product(root, b.covariance, d), root, d);
  // The inner matrix is symmetric and has no negative eigenvalue, but for rounding.
  const { values } = symmetricEigen(inner, d);
  for (const value of values) distance -= 2 * Math.sqrt(Math.max(0, value));
  return Math.max(0, distance);
}

/** `vectors` [n, d], n >= 2. */
export function gaussianOf(vectors: Float64Array, d: number): Gaussian {
  const n = vectors.length / d;
  const mean = new Float64Array(d);
  for (let i = 0; i < vectors.length; i++) mean[i % d] = (mean[i % d] ?? 0) + (vectors[i] ?? 0) / n;
  const covariance = new Float64Array(d * d);
  const centred = new Float64Array(d);
  for (let r = 0; r < n; r++) {
    for (let j = 0; j < d; j++) centred[j] = (vectors[r * d + j] ?? 0) - (mean[j] ?? 0);
    for (let j = 0; j < d; j++)
      for (let k = 0; k < d; k++)
        covariance[j * d + k] =
          (covariance[j * d + k] ?? 0) + ((centred[j] ?? 0) * (centred[k] ?? 0)) / (n - 1);
  }
  return { mean, covariance };
}

/** The symmetric square root of a symmetric positive semi-definite matrix: V diag(sqrt(w)) V^T. */
function squareRoot(matrix: Float64Array, d: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, d);
  const out = new Float64Array(d * d);
  for (let e = 0; e < d; e++) {
    const root = Math.sqrt(Math.max(0, values[e] ?? 0));
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++)
        out[i * d + j] = (out[i * d + j] ?? 0) + root * (vectors[i * d + e] ?? 0) * (vectors[j * d + e] ?? 0);
  }
  return out;
}

function product(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let k = 0; k < d; k++)
      for (let j = 0; j < d; j++)
        out[i * d + j] = (out[i * d + j] ?? 0) + (a[i * d + k] ?? 0) * (b[k * d + j] ?? 0);
  return out;
}
