/**
 * The gradient of a convolution's filter, Conv2DBackpropFilter. The wasm package lacks it; the WebGPU package lets one
 * thread work out each weight.
 *
 * dW[i, j, c, k] = sum over n, oh, ow of x[n, oh sh + i - top, ow sw + j - left, c] dy[n, oh, ow, k]
 * is itself a convolution: of "images" x as [C, H, W, N] with "filters" dy as [OH, OW, N, K], dilated by the strides.
 */
import type { Conv2DBackpropFilterAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import type { Scope } from "./scope.js";

interface Inputs {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
}

export function convFilterGradient(
  scope: Scope,
  { x, dy }: Inputs,
  attrs: Conv2DBackpropFilterAttrs,
): TensorInfo {
  const { strides, pad, dimRoundingMode, filterShape } = attrs;
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const geometry = scope.tf.backend_util.computeConv2DInfo(
    [n, h, w, c],
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { outHeight, outWidth, outChannels: k, filterHeight: kh, filterWidth: kw } = geometry;
  const { strideHeight: sh, strideWidth: sw, padInfo } = geometry;
  if (kh === 1 && kw === 1 && sh === 1 && sw === 1) {
    const rows = n * h * w;
    const product = scope.matMul(scope.view(x, [rows, c]), scope.view(dy, [rows, k]), true);
    return scope.view(product, [1, 1, c, k]);
  }
  // The rows and columns of padded x that the forward pass read; what lies beyond them has no gradient.
  const bottom = Math.max(0, (outHeight - 1) * sh + kh - h - padInfo.top);
  const right = Math.max(0, (outWidth - 1) * sw + kw - w - padInfo.left);
  const images = scope.transpose(x, [3, 1, 2, 0]);
  const filters = scope.transpose(dy, [1, 2, 0, 3]);
  const around = [
    [padInfo.top, bottom],
    [padInfo.left, right],
  ] as const;
  const dw = scope.conv2d(images, filters, around, [sh, sw]); // [C, >= kh, >= kw, K]
  return scope.transpose(scope.slice(dw, [0, 0, 0, 0], [c, kh, kw, k]), [1, 2, 0, 3]);
}
