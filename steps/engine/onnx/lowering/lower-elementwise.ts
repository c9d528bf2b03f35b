import type { ClipByValueAttrs, FillAttrs, LeakyReluAttrs, StepAttrs } from "@tensorflow/tfjs-core";
import { sizeOf, type ValueType } from "../../trace/index.js";
import { type Builder, float, onnxType } from "../graph-builder.js";
import type { Call, Lowering, Lowerings } from "../lowering-call.js";

/** Kernels of one number, several, or none, applied element by element. */
export const elementwise: Lowerings = {
  ...same("x", [
    "Abs",
    "Neg",
    "Sqrt",
    "Reciprocal",
    "Exp",
    "Log",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
  ]),
  ...same("x", [
    "Sinh",
    "Cosh",
    "Tanh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Erf",
    "Sigmoid",
    "Softplus",
    "Relu",
    "Elu",
  ]),
  ...same("x", ["Sign", "Floor", "Ceil", "Round"]),
  LogicalNot: unary((b, x) => b.op("Not", [x])),
  Square: unary((b, x) => b.op("Mul", [x, x])),
  Rsqrt: unary((b, x) => b.op("Reciprocal", [b.op("Sqrt", [x])])),
  // e^x - 1 = tanh(x / 2) (e^x + 1), which does not cancel where x is small.
  Expm1: unary((b, x) => {
    const half = b.op("Tanh", [b.op("Mul", [x, b.scalar(0.5)])]);
    return b.op("Mul", [half, b.op("Add", [b.op("Exp", [x]), b.scalar(1)])]);
  }),
  // log(1 + x) = x log(u) / (u - 1), u = 1 + x as rounded (Kahan): what rounding lost cancels. For u = 1 it is x.
  Log1p: unary((b, x) => {
    const u = b.op("Add", [x, b.scalar(1)]);
    const lost = b.op("Equal", [u, b.scalar(1)]);
    const divisor = b.op("Where", [lost, b.scalar(1), b.op("Sub", [u, b.scalar(1)])]);
    const exact = b.op("Div", [b.op("Mul", [x, b.op("Log", [u])]), divisor]);
    return b.op("Where", [lost, x, exact]);
  }),
  Relu6: unary((b, x) => b.op("Clip", [x, b.scalar(0), b.scalar(6)])),
  LeakyRelu: call =>
    call.b.op("LeakyRelu", [call.input("x").name], {
      alpha: float((call.attributes as LeakyReluAttrs).alpha),
    }),
  Selu: call => {
    const { SELU_SCALE: gamma, SELU_SCALEALPHA: product } = call.tf.backend_util;
    return call.b.op("Selu", [call.input("x").name], { alpha: float(product / gamma), gamma: float(gamma) });
  },
  /** 1 above 0, else `alpha`. Of NaN it is `alpha` too, where TensorFlow.js says NaN. */
  Step: call => {
    const { b } = call;
    const positive = b.op("Greater", [call.input("x").name, b.scalar(0)]);
    const alpha = (call.attributes as Partial<StepAttrs>).alpha ?? 0;
    return alpha === 0
      ? b.op("Cast", [positive], { to: onnxType("float32") })
      : b.op("Where", [positive, b.scalar(1), b.scalar(alpha)]);
  },
  ClipByValue: call => {
    const { clipValueMin, clipValueMax } = call.attributes as ClipByValueAttrs;
    return call.b.op("Clip", [
      call.input("x").name,
      call.b.scalar(clipValueMin),
      call.b.scalar(clipValueMax),
    ]);
  },
  Cast: call => cast(call.b, call.input("x"), call.output.dtype),
  ZerosLike: call => fill(call, 0),
  OnesLike: call => fill(call, 1),
  Fill: call => fill(call, Number((call.attributes as FillAttrs).value)),

  ...same("ab", ["Add", "Sub", "Pow", "Equal", "Less", "Greater"]),
  Multiply: binary("Mul"),
  RealDiv: binary("Div"),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  LessEqual: binary("LessOrEqual"),
  GreaterEqual: binary("GreaterOrEqual"),
  LogicalAnd: binary("And"),
  LogicalOr: binary("Or"),
  NotEqual: call => call.b.op("Not", [binary("Equal")(call) as string]),
  FloorDiv: call => {
    const { b, output } = call;
    const floats = (["a", "b"] as const).map(name => cast(b, call.input(name), "float32"));
    const quotient = b.op("Floor", [b.op("Div", floats)]);
    return cast(b, { name: quotient, dtype: "float32" }, output.dtype);
  },
  /** With the sign of the divisor, as in Python. */
  Mod: call => {
    const { b } = call;
    const [x, y] = operands(call);
    if (call.output.dtype === "int32") return b.op("Mod", [x, y]);
    return b.op("Sub", [x, b.op("Mul", [b.op("Floor", [b.op("Div", [x, y])]), y])]);
  },
  SquaredDifference: call => {
    const difference = call.b.op("Sub", operands(call));
    return call.b.op("Mul", [difference, difference]);
  },
  Prelu: call => call.b.op("PRelu", [call.input("x").name, call.input("alpha").name]),
  AddN: call => call.list.map(({ name }) => name).reduce((sum, name) => call.b.op("Add", [sum, name])),
  Select: call => {
    const { b } = call;
    const [condition, t, e] = [call.input("condition"), call.input("t"), call.input("e")];
    // A vector's condition chooses whole rows.
    const rows = [...condition.shape, ...t.shape.slice(condition.shape.length).map(() => 1)];
    const chosen =
      condition.shape.length === t.shape.length || condition.shape.length === 0
        ? condition.name
        : b.op("Reshape", [condition.name, b.ints(rows)]);
    return b.op("Where", [cast(b, { name: chosen, dtype: condition.dtype }, "bool"), t.name, e.name]);
  },
};

/** ONNX does not convert on its own. */
export function cast(
  b: Builder,
  x: { readonly name: string; readonly dtype: ValueType },
  to: ValueType,
): string {
  return x.dtype === to ? x.name : b.op("Cast", [x.name], { to: onnxType(to) });
}

/** Kernels that ONNX has under the same name; `of` holds the names of their inputs, a letter each. */
function same(of: "x" | "ab", kernels: readonly string[]): Lowerings {
  const lowering = (kernel: string): Lowering =>
    of === "x" ? unary((b, x) => b.op(kernel, [x])) : binary(kernel);
  return Object.fromEntries(kernels.map(kernel => [kernel, lowering(kernel)]));
}

function unary(build: (b: Builder, x: string) => string): Lowering {
  return call => build(call.b, call.input("x").name);
}

function binary(operator: string): Lowering {
  return call => call.b.op(operator, operands(call));
}

/** Both operands, brought to one type. */
function operands(call: Call): [string, string] {
  const [a, b] = [call.input("a"), call.input("b")];
  const type = call.tf.upcastType(a.dtype, b.dtype) as ValueType;
  return [cast(call.b, a, type), cast(call.b, b, type)];
}

function fill({ b, output: { shape, dtype } }: Call, value: number): string {
  const scalar = b.constant(dtype, [], typed(dtype, value));
  return sizeOf(shape) === 1 && shape.length === 0 ? scalar : b.op("Expand", [scalar, b.ints(shape)]);
}

function typed(dtype: ValueType, value: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === "float32") return Float32Array.of(value);
  return dtype === "int32" ? Int32Array.of(value) : Uint8Array.of(value === 0 ? 0 : 1);
}
