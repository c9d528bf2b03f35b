import type {
  AvgPoolAttrs,
  BatchMatMulAttrs,
  Conv2DAttrs,
  Conv2DBackpropInputAttrs,
  DepthwiseConv2dNativeAttrs,
  GradConfig,
  MaxPoolAttrs,
  NamedAttrMap,
  Tensor,
  Tensor4D,
} from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient, sumTo } from "./define.js";

/** Gradients of matrix products, convolutions and pooling: linear maps, so each is another linear map. */
export function linear(tf: TensorFlow): GradConfig[] {
  const run = (kernel: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
    tf.engine().runKernel(kernel, inputs, attrs as NamedAttrMap);
  return [
    gradient("BatchMatMul", ["a", "b"], (dy, { a, b }, attrs) => {
      const { transposeA, transposeB } = attrs as unknown as BatchMatMulAttrs;
      // y = op(a) op(b): d op(a) = dy op(b)', d op(b) = op(a)' dy, each transposed back where op transposes.
      const da = (): Tensor =>
        transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB);
      const db = (): Tensor =>
        transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false);
      return { a: () => sumTo(tf, da(), a.shape), b: () => sumTo(tf, db(), b.shape) };
    }),
    gradient("Conv2D", ["x", "filter"], (dy, { x, filter }, attrs) => {
      const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as unknown as Conv2DAttrs;
      if (!tf.backend_util.tupleValuesAreOne(dilations))
        throw new Error("The gradient of a dilated convolution is not supported.");
      const same = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () => run("Conv2DBackpropInput", { dy, filter }, { ...same, inputShape: x.shape }),
        filter: () => run("Conv2DBackpropFilter", { x, dy }, { ...same, filterShape: filter.shape }),
      };
    }),
    // The transposed convolution's forward pass is a convolution's backward pass, and the other way round.
    gradient("Conv2DBackpropInput", ["dy", "filter"], (ddx, { dy, filter }, attrs) => {
      const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as Conv2DBackpropInputAttrs;
      const same = { strides, pad, dataFormat, dimRoundingMode };
      return {
        dy: () =>
          tf.conv2d(ddx as Tensor4D, filter as Tensor4D, strides, pad, dataFormat, 1, dimRoundingMode),
        filter: () => run("Conv2DBackpropFilter", { x: ddx, dy }, { ...same, filterShape: filter.shape }),
      };
    }),
    gradient("DepthwiseConv2dNative", ["x", "filter"], (dy, { x, filter }, attrs) => {
      const { strides, pad, dilations, dimRoundingMode } = attrs as unknown as DepthwiseConv2dNativeAttrs;
      if (!tf.backend_util.tupleValuesAreOne(dilations))
        throw new Error("The gradient of a dilated convolution is not supported.");
      const same = { strides, pad, dilations, dimRoundingMode };
      return {
        x: () => run("DepthwiseConv2dNativeBackpropInput", { dy, filter }, { ...same, inputShape: x.shape }),
        filter: () =>
          run("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { ...same, filterShape: filter.shape }),
      };
    }),
    gradient("MaxPool", ["x", "y"], (dy, { x, y }, attrs) => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as MaxPoolAttrs;
      const same = { filterSize, strides, pad, dimRoundingMode };
      return { x: () => run("MaxPoolGrad", { dy, input: x, output: y }, same) };
    }),
    gradient("AvgPool", ["x"], (dy, { x }, attrs) => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as AvgPoolAttrs;
      const shape = x.shape as Image;
      const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
      // A mean is a depthwise convolution with ones, divided by the number of pixels in each window. (The kernel
      // AvgPoolGrad divides by the whole window's size, also where the window hangs over the edge.)
      const { filterHeight, filterWidth, inChannels } = info;
      const filterShape: Image = [filterHeight, filterWidth, inChannels, 1];
      const same = { strides, pad, dilations: 1, dimRoundingMode, inputShape: shape };
      return {
        x: () =>
          run(
            "DepthwiseConv2dNativeBackpropInput",
            { dy: tf.div(dy, windowSizes(tf, info)), filter: tf.ones(filterShape) },
            same,
          ),
      };
    }),
  ];
}

type Image = [number, number, number, number];
type PoolInfo = ReturnType<TensorFlow["backend_util"]["computePool2DInfo"]>;

/** How many pixels of the image lie in each pooling window: [1, H', W', 1]. */
function windowSizes(tf: TensorFlow, info: PoolInfo): Tensor {
  const along = (count: number, stride: number, before: number, length: number, size: number): number[] =>
    Array.from({ length: count }, (_, i) => {
      const start = i * stride - before;
      return Math.min(size, start + length) - Math.max(0, start);
    });
  const { outHeight, strideHeight, filterHeight, inHeight, padInfo } = info;
  const rows = along(outHeight, strideHeight, padInfo.top, filterHeight, inHeight);
  const columns = along(info.outWidth, info.strideWidth, padInfo.left, info.filterWidth, info.inWidth);
  return tf.tensor4d(
    rows.flatMap(row => columns.map(column => row * column)),
    [1, rows.length, columns.length, 1],
  );
}
