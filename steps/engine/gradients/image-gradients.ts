import type { GradConfig, ResizeBilinearAttrs, Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient } from "./define.js";

/**
 * Gradients of resizing. Rows and columns are resized by one matrix each, y = A x B', so dx = A' dy B. The kernels
 * that TensorFlow.js has for this are wrong for some shapes on some backends; matrix products are right on all.
 */
export function image(tf: TensorFlow): GradConfig[] {
  const resize = (kernel: string, weights: Weights): GradConfig =>
    gradient(kernel, ["images"], (dy, { images }, attrs) => {
      const { alignCorners, halfPixelCenters } = attrs as unknown as ResizeBilinearAttrs;
      const [n = 0, h = 0, w = 0, c = 0] = images.shape;
      const [, yh = 0, yw = 0] = dy.shape;
      const matrix = (from: number, to: number): Tensor =>
        tf.tensor2d(resizeMatrix(from, to, alignCorners, halfPixelCenters, weights), [to, from]);
      return {
        images: () => {
          const rows = tf.reshape(tf.transpose(dy, [1, 0, 2, 3]), [yh, n * yw * c]);
          const up = tf.reshape(tf.matMul(matrix(h, yh), rows, true), [h, n, yw, c]);
          const columns = tf.reshape(tf.transpose(up, [2, 1, 0, 3]), [yw, n * h * c]);
          const across = tf.reshape(tf.matMul(matrix(w, yw), columns, true), [w, n, h, c]);
          return tf.transpose(across, [1, 2, 0, 3]);
        },
      };
    });
  return [resize("ResizeBilinear", bilinear), resize("ResizeNearestNeighbor", nearest)];
}

/** Which inputs, with which weights, make the output at the fractional position `at` of `size` inputs. */
type Weights = (
  at: number,
  size: number,
  alignCorners: boolean,
) => readonly (readonly [index: number, weight: number])[];

const bilinear: Weights = (at, size) => {
  const low = Math.max(0, Math.floor(at));
  const high = Math.min(size - 1, Math.ceil(at));
  const share = at - low;
  return [
    [low, 1 - share],
    [high, share],
  ];
};

const nearest: Weights = (at, size, alignCorners) => {
  const index = alignCorners ? Math.round(at) : Math.floor(at);
  return [[Math.max(0, Math.min(size - 1, index)), 1]];
};

/** [to, from], row-major: output i is the weighted sum of the inputs in row i. */
function resizeMatrix(
  from: number,
  to: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
  weights: Weights,
): Float32Array {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    // The nearest neighbour of a pixel's centre is the pixel it lies in, so only the blend shifts back by a half.
    const shift = weights === bilinear ? 0.5 : 0;
    const at = halfPixelCenters ? scale * (i + 0.5) - shift : scale * i;
    for (const [j, weight] of weights(at, from, alignCorners)) {
      const cell = i * from + j;
      matrix[cell] = (matrix[cell] ?? 0) + weight;
    }
  }
  return matrix;
}
