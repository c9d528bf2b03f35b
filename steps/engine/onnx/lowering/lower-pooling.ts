/** Pooling and depthwise convolution: every channel by itself, over the same patches as convolutions. */
import type { DepthwiseConv2dNativeAttrs, MaxPoolAttrs, backend_util } from "@tensorflow/tfjs-core";
import { onnxType } from "../graph-builder.js";
import type { Call, Lowerings } from "../lowering-call.js";
import { overlay, patches } from "../patches.js";
import { type Windows, windowsOf } from "../windows.js";

type Image = [number, number, number, number];

export const pooling: Lowerings = {
  MaxPool: call => {
    const x = call.input("x");
    const windows = pool(call, x.shape);
    return reshape(call, reduce(call, "ReduceMax", stacked(call, x.name, windows, -Infinity)));
  },
  /** The mean of the pixels that lie on the image. */
  AvgPool: call => {
    const { b } = call;
    const x = call.input("x");
    const windows = pool(call, x.shape);
    const { count, taps, seen } = windows;
    const share = Float32Array.from({ length: count }, (_, window) => {
      const pixels = seen.subarray(window * taps, (window + 1) * taps).filter(pixel => pixel >= 0);
      return 1 / pixels.length;
    });
    const sums = reduce(call, "ReduceSum", stacked(call, x.name, windows));
    const byWindow = b.op("Reshape", [sums, b.ints([windows.batch, count, windows.channels])]);
    return reshape(call, b.op("Mul", [byWindow, b.constant("float32", [1, count, 1], share)]));
  },
  /** To the first greatest pixel of each window. */
  MaxPoolGrad: call => {
    const { b } = call;
    const [x, dy] = [call.input("input"), call.input("dy")];
    const windows = pool(call, x.shape);
    const { batch, count, taps, channels } = windows;
    const first = b.op("ArgMax", [stacked(call, x.name, windows, -Infinity)], { axis: 1, keepdims: 1 });
    const tap = b.op("Reshape", [b.ints(Array.from({ length: taps }, (_, i) => i)), b.ints([1, taps, 1])]);
    const hit = b.op("Cast", [b.op("Equal", [first, tap])], { to: onnxType("float32") });
    const slopes = b.op("Reshape", [dy.name, b.ints([batch * count, 1, channels])]);
    const cut = b.op("Reshape", [b.op("Mul", [hit, slopes]), b.ints([batch, count * taps, channels])]);
    return reshape(call, overlay(b, cut, windows));
  },
  DepthwiseConv2dNative: call => {
    const { b } = call;
    const [x, filter] = [call.input("x"), call.input("filter")];
    const windows = depthwise(call, x.shape, filter.shape);
    const { taps, channels } = windows;
    const cut = stacked(call, x.name, windows); // [N windows, taps, C]
    const [, , , multiplier = 1] = filter.shape;
    const weights = b.op("Reshape", [filter.name, b.ints([taps, channels, multiplier])]);
    const products = b.op("Mul", [b.op("Unsqueeze", [cut, b.ints([3])]), weights]);
    return reshape(call, reduce(call, "ReduceSum", products));
  },
  DepthwiseConv2dNativeBackpropFilter: call => {
    const { b, output } = call;
    const [x, dy] = [call.input("x"), call.input("dy")];
    const windows = depthwise(call, x.shape, output.shape);
    const cut = b.op("Unsqueeze", [stacked(call, x.name, windows), b.ints([3])]);
    const products = b.op("Mul", [cut, slopesOf(call, dy.name, windows, output.shape)]);
    return reshape(call, b.op("ReduceSum", [products, b.ints([0])], { keepdims: 0 }));
  },
  DepthwiseConv2dNativeBackpropInput: call => {
    const { b, output } = call;
    const [dy, filter] = [call.input("dy"), call.input("filter")];
    const windows = depthwise(call, output.shape, filter.shape);
    const { batch, count, taps, channels } = windows;
    const [, , , multiplier = 1] = filter.shape;
    const weights = b.op("Reshape", [filter.name, b.ints([taps, channels, multiplier])]);
    const products = b.op("Mul", [slopesOf(call, dy.name, windows, filter.shape), weights]);
    const sums = b.op("ReduceSum", [products, b.ints([3])], { keepdims: 0 });
    const cut = b.op("Reshape", [sums, b.ints([batch, count * taps, channels])]);
    return reshape(call, overlay(b, cut, windows));
  },
};

function pool(call: Call, x: readonly number[]): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = call.attributes as MaxPoolAttrs;
  const util = call.tf.backend_util;
  return windowsOf(util.computePool2DInfo([...x] as Image, filterSize, strides, 1, pad, dimRoundingMode));
}

function depthwise(call: Call, x: readonly number[], filter: readonly number[]): Windows {
  const { strides, pad, dilations, dimRoundingMode } = call.attributes as DepthwiseConv2dNativeAttrs;
  const shapes = [[...x] as Image, [...filter] as Image] as const;
  const util: typeof backend_util = call.tf.backend_util;
  return windowsOf(util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode, true));
}

/** [N windows, taps, C] */
function stacked({ b }: Call, x: string, windows: Windows, fill = 0): string {
  const { batch, count, taps, channels } = windows;
  return b.op("Reshape", [patches(b, x, windows, fill), b.ints([batch * count, taps, channels])]);
}

/** dy as [N windows, 1, C, multiplier]. */
function slopesOf(
  { b }: Call,
  dy: string,
  { batch, count, channels }: Windows,
  filter: readonly number[],
): string {
  return b.op("Reshape", [dy, b.ints([batch * count, 1, channels, filter[3] ?? 1])]);
}

/** Over the taps. */
function reduce({ b }: Call, operator: string, x: string): string {
  return b.op(operator, [x, b.ints([1])], { keepdims: 0 });
}

function reshape({ b, output }: Call, x: string): string {
  return b.op("Reshape", [x, b.ints(output.shape)]);
}
