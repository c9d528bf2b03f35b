import type { MaxAttrs, SumAttrs } from "@tensorflow/tfjs-core";
import type { ValueType } from "../graph.js";
import { input, rule, type ShapeRule } from "../rule.js";

/** Kernels that reduce axes, or run along one. */
export const reduction: Readonly<Record<string, ShapeRule>> = {
  Sum: reduced(type => (type === "bool" ? "int32" : type)),
  Mean: reduced(() => "float32"),
  Prod: reduced(type => (type === "bool" ? "int32" : type)),
  Max: reduced(type => type),
  Min: reduced(type => type),
  All: reduced(() => "bool"),
  Any: reduced(() => "bool"),
  ArgMax: reduced(() => "int32"),
  ArgMin: reduced(() => "int32"),
  Softmax: rule(inputs => input(inputs, "logits")),
  LogSoftmax: rule(inputs => input(inputs, "logits")),
  Cumsum: rule(inputs => input(inputs, "x")),
};

function reduced(type: (dtype: ValueType) => ValueType): ShapeRule {
  return rule((inputs, { axis, reductionIndices, keepDims = false }: Partial<SumAttrs & MaxAttrs>, tf) => {
    const { shape, dtype } = input(inputs, "x");
    const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? [...shape.keys()], shape);
    const kept = keepDims
      ? shape.map((n, i) => (axes.includes(i) ? 1 : n))
      : shape.filter((_, i) => !axes.includes(i));
    return { shape: kept, dtype: type(dtype) };
  });
}
