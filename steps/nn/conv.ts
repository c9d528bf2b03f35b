import type { Tensor1D, Tensor4D, TensorFlow } from "../engine/types.js";

/** `same`: the output has ceil(size / stride) rows and columns; `valid`: only whole windows. */
export type Padding = "same" | "valid";

/** Convolution: images [N, H, W, in], filter [kh, kw, in, out], bias [out] -> [N, H', W', out]. */
export function conv2d(
  tf: TensorFlow,
  x: Tensor4D,
  filter: Tensor4D,
  options: { readonly stride: number; readonly padding?: Padding; readonly bias?: Tensor1D },
): Tensor4D {
  const y = tf.conv2d(x, filter, options.stride, options.padding ?? "same");
  return options.bias === undefined ? y : tf.add<Tensor4D>(y, options.bias);
}

/**
 * Transposed convolution, the generators' way up: images [N, H, W, in], filter [kh, kw, out, in] (note the order)
 * -> [N, H stride, W stride, out], with `same` padding.
 */
export function conv2dTranspose(
  tf: TensorFlow,
  x: Tensor4D,
  filter: Tensor4D,
  options: { readonly stride: number; readonly bias?: Tensor1D },
): Tensor4D {
  const [n, h, w] = x.shape;
  const { stride } = options;
  const y = tf.conv2dTranspose(x, filter, [n, h * stride, w * stride, filter.shape[2]], stride, "same");
  return options.bias === undefined ? y : tf.add<Tensor4D>(y, options.bias);
}
