import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Attributes } from "./graph.js";
import { Refusal } from "./graph.js";
import { here } from "./recorder.js";

/** Runs one kernel of the trace. */
export type Run = (kernel: string, inputs: Record<string, TensorInfo>, attributes: Attributes) => TensorInfo;

/** Kernels that TensorFlow.js fuses for its own backends, taken apart again: product, bias, activation. */
export const FUSED: Readonly<Record<string, string>> = {
  _FusedMatMul: "BatchMatMul",
  FusedConv2D: "Conv2D",
  FusedDepthwiseConv2D: "DepthwiseConv2dNative",
};

export function takeApart(
  run: Run,
  plain: string,
  inputs: Record<string, TensorInfo>,
  attributes: Attributes,
): TensorInfo {
  const { bias, preluActivationWeights: alpha, ...operands } = inputs;
  const product = run(plain, operands, attributes);
  const sum = bias === undefined ? product : run("Add", { a: product, b: bias }, {});
  const { activation, leakyreluAlpha } = attributes;
  switch (activation) {
    case undefined:
    case null:
    case "linear":
      return sum;
    case "relu":
      return run("Relu", { x: sum }, {});
    case "relu6":
      return run("Relu6", { x: sum }, {});
    case "elu":
      return run("Elu", { x: sum }, {});
    case "sigmoid":
      return run("Sigmoid", { x: sum }, {});
    case "leakyrelu":
      return run("LeakyRelu", { x: sum }, { alpha: leakyreluAlpha });
    case "prelu":
      if (alpha !== undefined) return run("Prelu", { x: sum, alpha }, {});
      break;
  }
  throw new Refusal(`${plain} with the activation ${String(activation)}`, here());
}
