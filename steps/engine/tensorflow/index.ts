/**
 * tfjs-node made whole: convolutions padded by a number of pixels, which it refuses. Padding is made explicit here: zeros
 * around the input, and a convolution without padding.
 */
import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  KernelFunc,
  TensorInfo,
} from "@tensorflow/tfjs-core";
import { registerRepairs } from "../kernels/register.js";
import { composedFor, type Repair, type Scope } from "../kernels/scope.js";
import type { TensorFlow } from "../types.js";

type Four = [number, number, number, number];
type Attrs = Pick<Conv2DAttrs, "strides" | "pad" | "dimRoundingMode">;

const repairs: readonly Repair[] = [
  composedFor(
    "tensorflow",
    "Conv2D",
    (scope, inputs: { x: TensorInfo; filter: TensorInfo }, attrs: Conv2DAttrs, original) => {
      const around = padding(scope, inputs.x.shape, inputs.filter.shape, attrs, attrs.dilations);
      if (around === undefined) return scope.call(own(original), { ...inputs }, attrs);
      const x = scope.pad(inputs.x, around);
      return scope.call(own(original), { ...inputs, x }, { ...attrs, pad: "valid" });
    },
  ),
  composedFor(
    "tensorflow",
    "Conv2DBackpropFilter",
    (scope, inputs: { x: TensorInfo; dy: TensorInfo }, attrs: Conv2DBackpropFilterAttrs, original) => {
      const around = padding(scope, inputs.x.shape, attrs.filterShape, attrs);
      if (around === undefined) return scope.call(own(original), { ...inputs }, attrs);
      const x = scope.pad(inputs.x, around);
      return scope.call(own(original), { ...inputs, x }, { ...attrs, pad: "valid" });
    },
  ),
  composedFor(
    "tensorflow",
    "Conv2DBackpropInput",
    (scope, inputs: { dy: TensorInfo; filter: TensorInfo }, attrs: Conv2DBackpropInputAttrs, original) => {
      const { inputShape } = attrs;
      const around = padding(scope, inputShape, inputs.filter.shape, attrs);
      if (around === undefined) return scope.call(own(original), { ...inputs }, attrs);
      const padded = inputShape.map((n, i) => n + sum(around[i]));
      const dx = scope.call(own(original), { ...inputs }, { ...attrs, pad: "valid", inputShape: padded });
      return scope.slice(
        dx,
        around.map(([before = 0]) => before),
        inputShape,
      );
    },
  ),
];

/** Registers the repairs with this copy of TensorFlow.js. The tensorflow backend must have been loaded. */
export function repairTensorflow(tf: TensorFlow): void {
  registerRepairs(tf, "tensorflow", repairs);
}

/** Zeros before and after each axis of [N, H, W, C]; undefined for paddings that the package knows by name. */
function padding(
  { tf }: Scope,
  shape: readonly number[],
  filter: readonly number[],
  { strides, pad, dimRoundingMode }: Attrs,
  dilations: number | [number, number] = 1,
): readonly (readonly number[])[] | undefined {
  if (typeof pad === "string") return undefined;
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    shape as Four,
    filter as Four,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  return [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ];
}

function own(original: KernelFunc | undefined): KernelFunc {
  if (original === undefined) throw new Error("Internal error: the tensorflow backend lacks a convolution.");
  return original;
}

function sum(pair: readonly number[] | undefined): number {
  return (pair ?? []).reduce((a, b) => a + b, 0);
}
