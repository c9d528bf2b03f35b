import type { Differentiable } from "./lbfgs.js";

/** Labelled feature vectors. */
export interface Dataset {
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  /** [rows, features] */
  readonly x: Float64Array;
  /** [rows], each in [0, classes) */
  readonly y: Int32Array;
}

/**
 * How a row's logits are held against its class. `multinomial`: cross-entropy of softmax(z). `one-vs-rest`: the sum of
 * the cross-entropies of sigmoid(z[k]), one binary regression a class, which share nothing.
 */
export type MultiClass = "multinomial" | "one-vs-rest";

/**
 * The mean cross-entropy of p(x W^T + b), p a softmax or sigmoids, plus (l2 / 2) |W|^2, as a function of the weights
 * [classes, features + 1], the last column being b; b takes no part in the penalty.
 * Gradient, of both: dJ/dW = (p - onehot(y))^T x / n + l2 W  (Bishop, "Pattern Recognition and Machine Learning",
 * eq. 4.91 and 4.109).
 */
export function logisticLoss(data: Dataset, l2: number, multiClass: MultiClass): Differentiable {
  const toResidual = multiClass === "multinomial" ? softmaxResidual : sigmoidResidual;
  const { rows, features, classes, x, y } = data;
  const width = features + 1;
  const residual = new Float64Array(block * classes);
  const nothing = new Float64Array(features);
  return (weights, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let from = 0; from < rows; from += block) {
      const row = (r: number): Float64Array =>
        from + r < rows ? x.subarray((from + r) * features, (from + r + 1) * features) : nothing;
      const four = [row(0), row(1), row(2), row(3)] as const;
      logits(weights, four, classes, residual);
      for (let r = 0; r < block; r++) {
        const z = residual.subarray(r * classes, (r + 1) * classes);
        if (from + r < rows) loss += toResidual(z, y[from + r] ?? 0);
        else z.fill(0);
      }
      addOuter(gradient, four, classes, residual);
    }
    loss /= rows;
    for (let j = 0; j < gradient.length; j++) {
      const w = weights[j] ?? 0;
      const decay = j % width === features ? 0 : l2;
      loss += 0.5 * decay * w * w;
      gradient[j] = (gradient[j] ?? 0) / rows + decay * w;
    }
    return loss;
  };
}

/** Rows are taken four at a time: each weight is then loaded once for four sums that do not wait for each other. */
const block = 4;
type Four = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

/** out[r, k] <- row r . W[k] + b[k]. This and `addOuter` are where a probe spends its time. */
function logits(weights: Float64Array, [x0, x1, x2, x3]: Four, classes: number, out: Float64Array): void {
  const features = x0.length;
  for (let k = 0; k < classes; k++) {
    const at = k * (features + 1);
    const bias = weights[at + features] ?? 0;
    let [s0, s1, s2, s3] = [bias, bias, bias, bias];
    for (let d = 0; d < features; d++) {
      const w = weights[at + d] ?? 0;
      s0 += w * (x0[d] ?? 0);
      s1 += w * (x1[d] ?? 0);
      s2 += w * (x2[d] ?? 0);
      s3 += w * (x3[d] ?? 0);
    }
    out[k] = s0;
    out[classes + k] = s1;
    out[2 * classes + k] = s2;
    out[3 * classes + k] = s3;
  }
}

/** gradient[k] <- gradient[k] + sum over r of residual[r, k] [row r, 1] */
function addOuter(
  gradient: Float64Array,
  [x0, x1, x2, x3]: Four,
  classes: number,
  residual: Float64Array,
): void {
  const features = x0.length;
  for (let k = 0; k < classes; k++) {
    const at = k * (features + 1);
    const r0 = residual[k] ?? 0;
    const r1 = residual[classes + k] ?? 0;
    const r2 = residual[2 * classes + k] ?? 0;
    const r3 = residual[3 * classes + k] ?? 0;
    for (let d = 0; d < features; d++)
      gradient[at + d] =
        (gradient[at + d] ?? 0) +
        (r0 * (x0[d] ?? 0) + r1 * (x1[d] ?? 0) + (r2 * (x2[d] ?? 0) + r3 * (x3[d] ?? 0)));
    gradient[at + features] = (gradient[at + features] ?? 0) + (r0 + r1 + r2 + r3);
  }
}

/** Logits become softmax(logits) - onehot(label) in place; returns -log softmax(logits)[label]. */
function softmaxResidual(z: Float64Array, label: number): number {
  let most = -Infinity;
  for (const value of z) if (value > most) most = value;
  const own = (z[label] ?? 0) - most;
  let sum = 0;
  for (let k = 0; k < z.length; k++) {
    const e = Math.exp((z[k] ?? 0) - most);
    z[k] = e;
    sum += e;
  }
  for (let k = 0; k < z.length; k++) z[k] = (z[k] ?? 0) / sum;
  z[label] = (z[label] ?? 0) - 1;
  return Math.log(sum) - own;
}

/** Logits become sigmoid(logits) - onehot(label) in place; returns the sum of the classes' binary cross-entropies. */
function sigmoidResidual(z: Float64Array, label: number): number {
  let loss = 0;
  for (let k = 0; k < z.length; k++) {
    const own = z[k] ?? 0;
    // exp of what is never positive: it cannot overflow.
    const e = Math.exp(-Math.abs(own));
    loss += Math.log1p(e) + Math.max(own, 0) - (k === label ? own : 0);
    z[k] = (own >= 0 ? 1 : e) / (1 + e) - (k === label ? 1 : 0);
  }
  return loss;
}
