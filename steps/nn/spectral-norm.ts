/**
 * Spectral normalisation (Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018):
 * a kernel W, as a matrix [inputs, units], is divided by its largest singular value, so that its layer stretches no
 * difference. The value is estimated as in the paper's algorithm 1, by one step of power iteration a use, from the
 * vector u [units] that the last use left: W moves slowly, so the estimate keeps up with it.
 */
import type { ProgramArray, Tensor, TensorFlow } from "../engine/types.js";
import { customGradient } from "./custom-gradient.js";

export interface SpectralNorm<T extends Tensor> {
  /** W / sigma, in the shape of W. */
  readonly kernel: T;
  /** u after the step, of length 1. */
  readonly vector: Tensor;
}

/** sigma = v' W u, where u and v count as constants in the gradient (section 2.2 of the paper). */
export function spectralNorm<T extends Tensor>(tf: TensorFlow, kernel: T, vector: Tensor): SpectralNorm<T> {
  const units = vector.size;
  const matrix = tf.reshape(kernel, [kernel.size / units, units]);
  const v = unit(tf, tf.matMul(matrix, tf.reshape(vector, [units, 1])));
  const u = unit(tf, tf.matMul(matrix, v, true));
  const normalised = customGradient<T>(tf, [kernel], () => {
    const sigma = tf.sum(tf.mul(v, tf.matMul(matrix, u)));
    const value = tf.div<T>(kernel, sigma);
    return { value, saved: [value, sigma, u, v], backward: (dy, saved) => [backward(tf, dy, saved)] };
  });
  return { kernel: normalised, vector: tf.reshape(u, [units]) };
}

/** The u of a kernel [..., units] that has not been used yet: any vector that is not orthogonal to the right one. */
export function initialVector(kernel: ProgramArray): ProgramArray {
  const units = kernel.shape.at(-1) ?? 1;
  return { shape: [units], data: new Float32Array(units).fill(1 / Math.sqrt(units)) };
}

/** dW = (dy - <dy, W / sigma> v u') / sigma. */
function backward(tf: TensorFlow, dy: Tensor, saved: readonly Tensor[]): Tensor {
  const [value, sigma, u, v] = saved as [Tensor, Tensor, Tensor, Tensor];
  const along = tf.sum(tf.mul(dy, value));
  const direction = tf.reshape(tf.matMul(v, u, false, true), dy.shape);
  return tf.div(tf.sub(dy, tf.mul(direction, along)), sigma);
}

function unit(tf: TensorFlow, x: Tensor): Tensor {
  return tf.div(x, tf.add(tf.sqrt(tf.sum(tf.square(x))), 1e-12));
}
