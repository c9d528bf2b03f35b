/** ONNX operators that work number by number. */
import type { Tensor, TensorFlow } from "../../engine/types.js";
import { type Call, image, plain, shapeOf, type Value } from "../call.js";
import { broadcastShape } from "../host.js";
import type { Operator } from "../call.js";

/** f(x), which keeps the order of axes. */
function unary(f: (call: Call, x: Tensor) => Tensor): Operator {
  return call => {
    const value = call.value(0);
    return value.kind === "device" && value.image
      ? image(f(call, value.tensor))
      : plain(f(call, call.toPlain(value)));
  };
}

/** f(a, b) of broadcast inputs, and so on for one input or more. */
function variadic(f: (tf: TensorFlow, a: Tensor, b: Tensor) => Tensor): Operator {
  return call => {
    const { tensors, wrap } = aligned(call, call.all());
    return wrap(tensors.reduce((a, b) => f(call.tf, a, b)));
  };
}

/** f(a, b) of two broadcast inputs. */
function binary(f: (tf: TensorFlow, a: Tensor, b: Tensor) => Tensor): Operator {
  return call => {
    const { tensors, wrap } = aligned(call, [call.value(0), call.value(1)]);
    const [a, b] = tensors as [Tensor, Tensor];
    return wrap(f(call.tf, a, b));
  };
}

/**
 * Tensors in one order of axes: as images, if one of them is held so and the others have at most its four axes. `wrap`
 * makes a value of what comes of them.
 */
function aligned(
  call: Call,
  values: readonly Value[],
): { readonly tensors: Tensor[]; readonly wrap: (tensor: Tensor) => Value } {
  const shapes = values.map(shapeOf);
  call.limit(broadcastShape(...shapes));
  const asImages =
    values.some(value => value.kind === "device" && value.image) && shapes.every(shape => shape.length <= 4);
  if (!asImages) return { tensors: values.map(value => call.toPlain(value)), wrap: plain };
  const tensors = values.map((value, i) => {
    if (value.kind === "device" && value.image) return value.tensor;
    const shape = shapes[i] ?? [];
    if (shape.length === 0) return call.toPlain(value);
    const [n = 1, c = 1, h = 1, w = 1] = [...Array<number>(4 - shape.length).fill(1), ...shape];
    const own = call.toPlain(value);
    // One number a channel, the usual case, need not be turned.
    return h * w === 1
      ? call.tf.reshape(own, [n, 1, 1, c])
      : call.tf.transpose(call.tf.reshape(own, [n, c, h, w]), [0, 2, 3, 1]);
  });
  return { tensors, wrap: image };
}

export const elementwise: Readonly<Record<string, Operator>> = {
  Abs: unary(({ tf }, x) => tf.abs(x)),
  Acosh: unary(({ tf }, x) => tf.acosh(x)),
  Asinh: unary(({ tf }, x) => tf.asinh(x)),
  Atan: unary(({ tf }, x) => tf.atan(x)),
  Ceil: unary(({ tf }, x) => tf.ceil(x)),
  Cosh: unary(({ tf }, x) => tf.div(tf.add(tf.exp(x), tf.exp(tf.neg(x))), 2)),
  Cos: unary(({ tf }, x) => tf.cos(x)),
  Erf: unary(({ tf }, x) => tf.erf(x)),
  Exp: unary(({ tf }, x) => tf.exp(x)),
  Floor: unary(({ tf }, x) => tf.floor(x)),
  IsNaN: unary(({ tf }, x) => tf.notEqual(x, x)),
  Log: unary(({ tf }, x) => tf.log(x)),
  Neg: unary(({ tf }, x) => tf.neg(x)),
  Not: unary(({ tf }, x) => tf.logicalNot(x)),
  Reciprocal: unary(({ tf }, x) => tf.reciprocal(x)),
  Relu: unary(({ tf }, x) => tf.relu(x)),
  /** Halves go to the even neighbour, in ONNX as in TensorFlow.js. */
  Round: unary(({ tf }, x) => tf.round(x)),
  Sigmoid: unary(({ tf }, x) => tf.sigmoid(x)),
  Sign: unary(({ tf }, x) => tf.sign(x)),
  Sin: unary(({ tf }, x) => tf.sin(x)),
  Sinh: unary(({ tf }, x) => tf.div(tf.sub(tf.exp(x), tf.exp(tf.neg(x))), 2)),
  Softplus: unary(({ tf }, x) => tf.softplus(x)),
  Softsign: unary(({ tf }, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Sqrt: unary(({ tf }, x) => tf.sqrt(x)),
  Tan: unary(({ tf }, x) => tf.div(tf.sin(x), tf.cos(x))),
  Tanh: unary(({ tf }, x) => tf.tanh(x)),
  Mish: unary(({ tf }, x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Celu: unary((call, x) => {
    const { tf } = call;
    const alpha = call.float("alpha", 1);
    const below = tf.mul(tf.sub(tf.exp(tf.div(tf.minimum(x, 0), alpha)), 1), alpha);
    return tf.add(tf.relu(x), below);
  }),
  ThresholdedRelu: unary((call, x) => {
    const above = call.tf.greater(x, call.float("alpha", 1));
    return call.tf.mul(x, call.tf.cast(above, "float32"));
  }),
  Elu: unary((call, x) => {
    const { tf } = call;
    const below = tf.mul(tf.sub(tf.exp(tf.minimum(x, 0)), 1), call.float("alpha", 1));
    return tf.add(tf.relu(x), below);
  }),
  Selu: unary((call, x) => {
    const { tf } = call;
    const [alpha, gamma] = [call.float("alpha", 1.67326319), call.float("gamma", 1.05070102)];
    return tf.mul(tf.add(tf.relu(x), tf.mul(tf.sub(tf.exp(tf.minimum(x, 0)), 1), alpha)), gamma);
  }),
  HardSigmoid: unary((call, x) => {
    const { tf } = call;
    return tf.clipByValue(tf.add(tf.mul(x, call.float("alpha", 0.2)), call.float("beta", 0.5)), 0, 1);
  }),
  HardSwish: unary(({ tf }, x) => tf.mul(x, tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1))),
  Gelu: unary((call, x) => {
    const { tf } = call;
    const how = call.text("approximate", "none");
    if (how !== "none" && how !== "tanh") throw new Error(`its approximate '${how}' is unknown`);
    // 0.5 x (1 + erf(x / sqrt 2)), or (Hendrycks & Gimpel 2016) 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    const inner =
      how === "none"
        ? tf.erf(tf.mul(x, Math.SQRT1_2))
        : tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI)));
    return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
  }),
  LeakyRelu: unary((call, x) => call.tf.leakyRelu(x, call.float("alpha", 0.01))),
  Clip: unary((call, x) => {
    const low = call.scalar("min", 1) ?? -Infinity;
    const high = call.scalar("max", 2) ?? Infinity;
    const above = low === -Infinity ? x : call.tf.maximum(x, low);
    return high === Infinity ? above : call.tf.minimum(above, high);
  }),
  Identity: unary((_, x) => x),
  Dropout: unary((call, x) => {
    // At inference it does nothing; `training_mode` is its third input.
    if (call.has(1)) call.numbers(1);
    if (call.has(2) && call.numbers(2)[0] !== 0) throw new Error("it is in training mode");
    call.ignore("ratio", "seed");
    return x;
  }),
  Cast: unary((call, x) => {
    const to = CAST.get(call.int("to"));
    if (to === undefined) throw new Error(`it casts to the unknown type ${call.int("to")}`);
    call.ignore("saturate");
    // Whatever is not 0 is true. An engine's own cast may cut numbers off to whole ones first.
    if (to === "bool") return x.dtype === "bool" ? x : call.tf.notEqual(x, call.tf.scalar(0, x.dtype));
    // Towards zero, as in ONNX: TensorFlow.js does the same.
    return call.tf.cast(x, to);
  }),
  PRelu: binary((tf, x, slope) => tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), slope))),
  Add: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  /** Whole numbers are divided as whole numbers, towards zero; TensorFlow.js's own division goes down. */
  Div: binary((tf, a, b) =>
    a.dtype === "int32"
      ? tf.cast(tf.div(tf.cast(a, "float32"), tf.cast(b, "float32")), "int32")
      : tf.div(a, b),
  ),
  /** With `fmod` the result has the sign of a, otherwise of b. */
  Mod: call => {
    const truncated = call.flag("fmod");
    return binary((tf, a, b) => {
      const [x, y] = [tf.cast(a, "float32"), tf.cast(b, "float32")];
      const ratio = tf.div(x, y);
      const whole = truncated ? tf.mul(tf.sign(ratio), tf.floor(tf.abs(ratio))) : tf.floor(ratio);
      return tf.cast(tf.sub(x, tf.mul(whole, y)), a.dtype);
    })(call);
  },
  Pow: binary((tf, a, b) => tf.pow(a, tf.cast(b, a.dtype))),
  Equal: binary((tf, a, b) => tf.equal(a, b)),
  Greater: binary((tf, a, b) => tf.greater(a, b)),
  GreaterOrEqual: binary((tf, a, b) => tf.greaterEqual(a, b)),
  Less: binary((tf, a, b) => tf.less(a, b)),
  LessOrEqual: binary((tf, a, b) => tf.lessEqual(a, b)),
  And: binary((tf, a, b) => tf.logicalAnd(a, b)),
  Or: binary((tf, a, b) => tf.logicalOr(a, b)),
  Xor: binary((tf, a, b) => tf.logicalXor(a, b)),
  Sum: variadic((tf, a, b) => tf.add(a, b)),
  Max: variadic((tf, a, b) => tf.maximum(a, b)),
  Min: variadic((tf, a, b) => tf.minimum(a, b)),
  Where: call => {
    const { tensors, wrap } = aligned(call, [call.value(0), call.value(1), call.value(2)]);
    const [test, a, b] = tensors as [Tensor, Tensor, Tensor];
    return wrap(call.tf.where(call.tf.cast(test, "bool"), a, b));
  },
};

/** ONNX's numbers of types. Halves and doubles are computed in single precision. */
const CAST: ReadonlyMap<number, "float32" | "int32" | "bool"> = new Map([
  ...[1, 10, 11, 16].map(type => [type, "float32"] as const),
  ...[2, 3, 4, 5, 6, 7, 12, 13].map(type => [type, "int32"] as const),
  [9, "bool"],
]);
