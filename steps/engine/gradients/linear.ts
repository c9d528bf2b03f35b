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

/** Gradients of matrix products, convolutions, pooling and resizing: linear maps, so each is another linear map. */
export function linear(tf: TensorFlow): GradConfig[] {
  const run = (kernel: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
    tf.engine().runKernel(kernel, inputs, attrs as NamedAttrMap);
  const resize = (kernel: string): GradConfig =>
    gradient(kernel, ["images"], (dy, { images }, attrs) => ({
      images: () => run(`${kernel}Grad`, { dy, images }, attrs),
    }));
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
      const { filterSize, strides, pad } = attrs as unknown as AvgPoolAttrs;
      return { x: () => run("AvgPoolGrad", { dy, input: x }, { filterSize, strides, pad }) };
    }),
    resize("ResizeBilinear"),
    resize("ResizeNearestNeighbor"),
  ];
}
