import type { CastAttrs, FillAttrs } from "@tensorflow/tfjs-core";
import type { ValueType } from "../graph.js";
import { input, rule, type Inputs, type ShapeRule } from "../rule.js";
import type { TensorFlow } from "../../types.js";

const UNARY = [
  ...[
    "Abs",
    "Neg",
    "Square",
    "Sqrt",
    "Rsqrt",
    "Reciprocal",
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "Sin",
    "Cos",
    "Tan",
  ],
  ...[
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Tanh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Erf",
    "Sigmoid",
    "Softplus",
  ],
  ...["Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Sign", "Floor", "Ceil", "Round", "Step", "ClipByValue"],
  ...["Identity", "ZerosLike", "OnesLike", "LogicalNot"],
];
const ARITHMETIC = [
  ...[
    "Add",
    "Sub",
    "Multiply",
    "RealDiv",
    "FloorDiv",
    "Mod",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "Pow",
  ],
];
const LOGIC = [
  ...["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd", "LogicalOr"],
];

/** Kernels that work element by element, after broadcasting. */
export const elementwise: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(UNARY.map(kernel => [kernel, rule(inputs => input(inputs, "x"))])),
  ...Object.fromEntries(
    ARITHMETIC.map(kernel => [kernel, binary((a, b, tf) => tf.upcastType(a, b) as ValueType)]),
  ),
  ...Object.fromEntries(LOGIC.map(kernel => [kernel, binary(() => "bool")])),
  Cast: rule((inputs, { dtype }: CastAttrs) => ({
    shape: input(inputs, "x").shape,
    dtype: dtype as ValueType,
  })),
  Prelu: rule(inputs => input(inputs, "x")),
  AddN: rule(inputs => input(inputs, "0")),
  Select: rule(inputs => input(inputs, "t")),
  Fill: rule((_inputs, { shape, dtype }: FillAttrs) => ({ shape, dtype: dtype as ValueType })),
};

function binary(type: (a: ValueType, b: ValueType, tf: TensorFlow) => ValueType): ShapeRule {
  return rule((inputs: Inputs, _attributes: object, tf) => {
    const [a, b] = [input(inputs, "a"), input(inputs, "b")];
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    return { shape, dtype: type(a.dtype, b.dtype, tf) };
  });
}
