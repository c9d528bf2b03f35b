/**
 * Convolutions with `same` padding. Where the filter is smaller than the stride, XNNPACK refuses its own `same`
 * padding and the package returns zeros without a word. Here the padding is always worked out and given in numbers.
 */
import type { Conv2DAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import type { Repair } from "../kernels/scope.js";
import { composed } from "./compose.js";

const KERNELS = ["Conv2D", "FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2D"];

export const convPaddingRepairs: readonly Repair[] = KERNELS.map(kernel =>
  composed(
    kernel,
    (
      scope,
      inputs: { readonly x: TensorInfo; readonly filter: TensorInfo },
      attrs: Conv2DAttrs,
      original,
    ) => {
      if (original === undefined)
        throw new Error(`Internal error: the wasm backend has no kernel ${kernel}.`);
      if (attrs.pad !== "same") return scope.call(original, { ...inputs }, attrs);
      type Four = [number, number, number, number];
      const { padInfo } = scope.tf.backend_util.computeConv2DInfo(
        inputs.x.shape as Four,
        inputs.filter.shape as Four,
        attrs.strides,
        attrs.dilations,
        attrs.pad,
        attrs.dimRoundingMode,
        kernel.includes("Depthwise"),
      );
      const pad = [
        [0, 0],
        [padInfo.top, padInfo.bottom],
        [padInfo.left, padInfo.right],
        [0, 0],
      ];
      return scope.call(original, { ...inputs }, { ...attrs, pad });
    },
  ),
);
