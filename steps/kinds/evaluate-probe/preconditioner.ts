import type { Dataset } from "./logistic-loss.js";

/**
 * An approximate inverse Hessian of the logistic loss, for the optimiser to start from: with all classes equally
 * probable the Hessian is (I - 1/K) (x) C / K, C = [x, 1]^T [x, 1] / n  (Boehning, "Multinomial logistic regression
 * algorithm", 1992), so each class's row of the weights is solved against C / K + l2 I. Correlated features, such as
 * neighbouring pixels, then cost no more iterations than independent ones. It changes the way, not the minimum.
 * Returns v -> H^-1 v in place, v [classes, features + 1].
 */
export function preconditioner(data: Dataset, l2: number): (v: Float64Array) => void {
  const { features, classes } = data;
  const width = features + 1;
  const hessian = secondMoments(data);
  for (let j = 0; j < hessian.length; j++) hessian[j] = (hessian[j] ?? 0) / classes;
  // The floor keeps constant features, whose moments are 0, solvable without a penalty.
  for (let d = 0; d < width; d++)
    hessian[d * width + d] = (hessian[d * width + d] ?? 0) + (d < features ? l2 : 0) + 1e-6;
  const factor = cholesky(hessian, width);
  return v => {
    for (let k = 0; k < classes; k++) solve(factor, v.subarray(k * width, (k + 1) * width));
  };
}

/** [x, 1]^T [x, 1] / n, lower triangle: [features + 1, features + 1]. */
function secondMoments({ rows, features, x }: Dataset): Float64Array {
  const width = features + 1;
  // Rows of zeros fill the last tile.
  const padded = Math.ceil(width / tile) * tile;
  const sums = new Float64Array(padded * padded);
  // Columns of a block of rows, side by side: the sums then run along memory.
  const columns = new Float64Array(padded * blockRows);
  for (let from = 0; from < rows; from += blockRows) {
    const count = Math.min(blockRows, rows - from);
    columns.fill(0);
    for (let r = 0; r < count; r++) {
      for (let d = 0; d < features; d++) columns[d * blockRows + r] = x[(from + r) * features + d] ?? 0;
      columns[features * blockRows + r] = 1;
    }
    for (let a = 0; a < padded; a += tile)
      for (let b = 0; b < a + tile; b += 2) addTile(sums, padded, columns, a, b);
  }
  const moments = new Float64Array(width * width);
  for (let a = 0; a < width; a++)
    for (let b = 0; b <= a; b++) moments[a * width + b] = (sums[a * padded + b] ?? 0) / rows;
  return moments;
}

const blockRows = 256;
const tile = 4;

/**
 * Adds 4 x 2 inner products, of columns a to a + 3 with columns b and b + 1: each number loaded serves several sums.
 * Views of the columns would cost more than the sums.
 */
function addTile(sums: Float64Array, width: number, columns: Float64Array, a: number, b: number): void {
  const [from, p0, q0] = [a * blockRows, b * blockRows, (b + 1) * blockRows];
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let [t0, t1, t2, t3] = [0, 0, 0, 0];
  for (let i = 0; i < blockRows; i++) {
    const at = from + i;
    const p = columns[p0 + i] ?? 0;
    const q = columns[q0 + i] ?? 0;
    const u0 = columns[at] ?? 0;
    const u1 = columns[at + blockRows] ?? 0;
    const u2 = columns[at + 2 * blockRows] ?? 0;
    const u3 = columns[at + 3 * blockRows] ?? 0;
    s0 += u0 * p;
    s1 += u1 * p;
    s2 += u2 * p;
    s3 += u3 * p;
    t0 += u0 * q;
    t1 += u1 * q;
    t2 += u2 * q;
    t3 += u3 * q;
  }
  add(sums, a * width + b, s0, t0);
  add(sums, (a + 1) * width + b, s1, t1);
  add(sums, (a + 2) * width + b, s2, t2);
  add(sums, (a + 3) * width + b, s3, t3);
}

function add(sums: Float64Array, at: number, first: number, second: number): void {
  sums[at] = (sums[at] ?? 0) + first;
  sums[at + 1] = (sums[at + 1] ?? 0) + second;
}

/** L with L L^T = `a`, of which the lower triangle is read; n x n, positive definite. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / (l[j * n + j] ?? 1);
    }
  return l;
}

/** v <- (L L^T)^-1 v */
function solve(l: Float64Array, v: Float64Array): void {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    let sum = v[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (l[i * n + k] ?? 0) * (v[k] ?? 0);
    v[i] = sum / (l[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = (v[i] ?? 0) / (l[i * n + i] ?? 1);
    v[i] = value;
    for (let k = 0; k < i; k++) v[k] = (v[k] ?? 0) - (l[i * n + k] ?? 0) * value;
  }
}
