import type { Tensor1D, Tensor2D, TensorFlow } from "../engine/types.js";

/** Fully connected layer: [N, in] x [in, out] + [out] -> [N, out]. */
export function dense(tf: TensorFlow, x: Tensor2D, weight: Tensor2D, bias?: Tensor1D): Tensor2D {
  const y = tf.matMul<Tensor2D>(x, weight);
  return bias === undefined ? y : tf.add<Tensor2D>(y, bias);
}
