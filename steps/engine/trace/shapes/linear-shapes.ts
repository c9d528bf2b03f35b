import type {
  BatchMatMulAttrs,
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  DepthwiseConv2dNativeAttrs,
  EinsumAttrs,
  MaxPoolAttrs,
} from "@tensorflow/tfjs-core";
import { input, rule, type ShapeRule } from "../rule.js";

type Image = [number, number, number, number];

/** Matrix products, convolutions and pooling. */
export const linear: Readonly<Record<string, ShapeRule>> = {
  BatchMatMul: rule((inputs, { transposeA, transposeB }: BatchMatMulAttrs, tf) => {
    const [a, b] = [input(inputs, "a").shape, input(inputs, "b").shape];
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
    const [rows = 0] = a.slice(transposeA ? -1 : -2);
    const [columns = 0] = b.slice(transposeB ? -2 : -1);
    return { shape: [...batch, rows, columns], dtype: "float32" };
  }),
  Conv2D: rule((inputs, { strides, pad, dilations, dimRoundingMode, dataFormat }: Conv2DAttrs, tf) => {
    const [x, filter] = [input(inputs, "x").shape as Image, input(inputs, "filter").shape as Image];
    const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
    const info = tf.backend_util.computeConv2DInfo(
      ...([x, filter, strides, dilations, pad, dimRoundingMode, false, format] as const),
    );
    return { shape: info.outShape, dtype: "float32" };
  }),
  Conv2DBackpropInput: rule((_inputs, { inputShape }: Conv2DBackpropInputAttrs) => ({
    shape: inputShape,
    dtype: "float32",
  })),
  Conv2DBackpropFilter: rule((_inputs, { filterShape }: Conv2DBackpropFilterAttrs) => ({
    shape: filterShape,
    dtype: "float32",
  })),
  DepthwiseConv2dNative: rule(
    (inputs, { strides, pad, dilations, dimRoundingMode }: DepthwiseConv2dNativeAttrs, tf) => {
      const [x, filter] = [input(inputs, "x").shape as Image, input(inputs, "filter").shape as Image];
      const info = tf.backend_util.computeConv2DInfo(
        ...([x, filter, strides, dilations, pad, dimRoundingMode, true] as const),
      );
      return { shape: info.outShape, dtype: "float32" };
    },
  ),
  DepthwiseConv2dNativeBackpropInput: rule((_inputs, { inputShape }: { inputShape: number[] }) => ({
    shape: inputShape,
    dtype: "float32",
  })),
  DepthwiseConv2dNativeBackpropFilter: rule((_inputs, { filterShape }: { filterShape: number[] }) => ({
    shape: filterShape,
    dtype: "float32",
  })),
  MaxPool: pool(),
  AvgPool: pool(),
  MaxPoolGrad: rule(inputs => ({ shape: input(inputs, "input").shape, dtype: "float32" })),
  FusedBatchNorm: rule(inputs => input(inputs, "x")),
  Einsum: rule((inputs, { equation }: EinsumAttrs) => {
    const [terms = "", result = ""] = equation.replace(/\s/g, "").split("->");
    const sizes = new Map<string, number>();
    terms.split(",").forEach((term, i) => {
      Array.from(term).forEach((letter, at) => sizes.set(letter, input(inputs, String(i)).shape[at] ?? 0));
    });
    return { shape: Array.from(result, letter => sizes.get(letter) ?? 0), dtype: "float32" };
  }),
};

function pool(): ShapeRule {
  return rule((inputs, { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs, tf) => {
    const x = input(inputs, "x").shape as Image;
    const info = tf.backend_util.computePool2DInfo(x, filterSize, strides, 1, pad, dimRoundingMode);
    return { shape: info.outShape, dtype: "float32" };
  });
}
