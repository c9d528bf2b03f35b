/** ONNX operators that work number by number. */
import type { Tensor, TensorFlow } from "../../../engine/types.js";
import { type Call, image, plain, shapeOf, type Value } from "../call.js";
import { broadcastShape } from "../host.js";
import type { Operator } from "../operators.js";

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
  Cos: unary(({ tf }, x) => tf.cos(x)),
  Erf: unary(({ tf }, x) => tf.erf(x)),
  Exp: unary(({ tf }, x) => tf.exp(x)),
  Floor: unary(({ tf }, x) => tf.floor(x)),
  Log: unary(({ tf }, x) => tf.log(x)),
  Neg: unary(({ tf }, x) => tf.neg(x)),
  Not: unary(({ tf }, x) => tf.logicalNot(x)),
  Reciprocal: unary(({ tf }, x) => tf.reciprocal(x)),
  Relu: unary(({ tf }, x) => tf.relu(x)),
  Sigmoid: unary(({ tf }, x) => tf.sigmoid(x)),
  Sin: unary(({ tf }, x) => tf.sin(x)),
  Softplus: unary(({ tf }, x) => tf.softplus(x)),
  Softsign: unary(({ tf }, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Sqrt: unary(({ tf }, x) => tf.sqrt(x)),
  Tanh: unary(({ tf }, x) => tf.tanh(x)),
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
    call.only("approximate", "none");
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
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
  Div: binary((tf, a, b) => tf.div(a, b)),
  Pow: binary((tf, a, b) => tf.pow(a, tf.cast(b, a.dtype))),
  Equal: binary((tf, a, b) => tf.equal(a, b)),
  Greater: binary((tf, a, b) => tf.greater(a, b)),
  GreaterOrEqual: binary((tf, a, b) => tf.greaterEqual(a, b)),
  Less: binary((tf, a, b) => tf.less(a, b)),
  LessOrEqual: binary((tf, a, b) => tf.lessEqual(a, b)),
  And: binary((tf, a, b) => tf.logicalAnd(a, b)),
  Or: binary((tf, a, b) => tf.logicalOr(a, b)),
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
