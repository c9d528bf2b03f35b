import { lbfgs } from "./lbfgs.js";
import { preconditioner } from "./preconditioner.js";
import { type Dataset, logisticLoss, type MultiClass } from "./logistic-loss.js";

/**
 * Logistic regression: the linear probe. `multinomial`:
 *
 *   minimise  -(1/n) sum_i log softmax(W x_i + b)[y_i]  +  (l2 / 2) |W|^2        (b is free)
 *
 * `one-vs-rest`: the same with the sum of the classes' binary cross-entropies in place of -log softmax.
 * With l2 > 0 the minimum is unique, so a converged result depends on no learning rate, no order and no seed.
 * All in float64. scikit-learn's `LogisticRegression(C = 1 / (n l2))` has the same minimum.
 */
export interface LogisticOptions {
  /** Strength of the penalty, >= 0; 0 leaves the minimum at infinity where the classes can be told apart wholly. */
  readonly l2: number;
  readonly multiClass: MultiClass;
  /** Most iterations of the optimiser. */
  readonly maxIterations: number;
  /** Converged when no partial derivative is larger. */
  readonly tolerance: number;
  readonly onIteration?: (iteration: number, loss: number) => void;
}

export interface LogisticModel {
  readonly features: number;
  readonly classes: number;
  /** [classes, features + 1], the last column is the bias. */
  readonly weights: Float64Array;
  /** The minimised function, penalty included. */
  readonly loss: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Starts from zero weights. Throws a RangeError when there is nothing to learn from. */
export function fitLogistic(data: Dataset, options: LogisticOptions): LogisticModel {
  const { features, classes, rows } = data;
  if (rows < 1 || classes < 2)
    throw new RangeError(`a probe needs examples of 2 classes or more, not ${rows} of ${classes}`);
  const start = new Float64Array((features + 1) * classes);
  const { x, value, iterations, converged } = lbfgs(
    logisticLoss(data, options.l2, options.multiClass),
    start,
    {
      ...options,
      precondition: preconditioner(data, options.l2),
    },
  );
  return { features, classes, weights: x, loss: value, iterations, converged };
}

/** The most probable class of each row of `x` [rows, features]; of equals, the first. */
export function predict(model: LogisticModel, x: Float64Array): Int32Array {
  const { features, classes, weights } = model;
  const out = new Int32Array(x.length / features);
  for (let i = 0; i < out.length; i++) {
    let most = -Infinity;
    for (let k = 0; k < classes; k++) {
      const at = k * (features + 1);
      let logit = weights[at + features] ?? 0;
      for (let d = 0; d < features; d++) logit += (weights[at + d] ?? 0) * (x[i * features + d] ?? 0);
      if (logit > most) [most, out[i]] = [logit, k];
    }
  }
  return out;
}
