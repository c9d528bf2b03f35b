/** Eigenvalues [d], and eigenvectors as the columns of [d, d], in no particular order. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix [d, d], by cyclic Jacobi rotations (Golub & Van Loan,
 * "Matrix Computations", section 8.5): slow for large d, exact to rounding, and the same on every machine.
 */
export function symmetricEigen(matrix: Float64Array, d: number): Eigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(d * d);
  for (let i = 0; i < d; i++) v[i * d + i] = 1;
  const scale = offDiagonal(a, d) + diagonal(a, d);
  for (let sweep = 0; sweep < 60 && offDiagonal(a, d) > 1e-28 * scale; sweep++)
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) rotate(a, v, d, p, q);
  return { values: Float64Array.from({ length: d }, (_, i) => a[i * d + i] ?? 0), vectors: v };
}

/** One rotation of rows and columns p and q, which makes a[p, q] zero. */
function rotate(a: Float64Array, v: Float64Array, d: number, p: number, q: number): void {
  const apq = a[p * d + q] ?? 0;
  if (apq === 0) return;
  const theta = ((a[q * d + q] ?? 0) - (a[p * d + p] ?? 0)) / (2 * apq);
  // The smaller of the two angles; its tangent is written so that a large theta does not cancel.
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < d; k++) turn(a, k * d + p, k * d + q, c, s);
  for (let k = 0; k < d; k++) turn(a, p * d + k, q * d + k, c, s);
  for (let k = 0; k < d; k++) turn(v, k * d + p, k * d + q, c, s);
}

function turn(m: Float64Array, i: number, j: number, c: number, s: number): void {
  const x = m[i] ?? 0;
  const y = m[j] ?? 0;
  m[i] = c * x - s * y;
  m[j] = s * x + c * y;
}

/** Sums of squares off and on the diagonal. */
function offDiagonal(a: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) if (i !== j) sum += (a[i * d + j] ?? 0) ** 2;
  return sum;
}

function diagonal(a: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += (a[i * d + i] ?? 0) ** 2;
  return sum;
}
