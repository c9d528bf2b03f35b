/** TensorFlow operators that work number by number, reduce axes or multiply matrices. */
import type { Tensor, TensorFlow } from "../../engine/types.js";
import { type Call, plain } from "../call.js";
import { broadcastShape } from "../host.js";
import { axisOf } from "../node-call.js";
import type { Operator } from "../call.js";
import { fused } from "./tf-fused.js";

export const elementwise: Readonly<Record<string, Operator>> = {
  Abs: unary((tf, x) => tf.abs(x)),
  Cos: unary((tf, x) => tf.cos(x)),
  Elu: unary((tf, x) => tf.elu(x)),
  Erf: unary((tf, x) => tf.erf(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Identity: unary((_, x) => x),
  LeakyRelu: unary((tf, x, call) => tf.leakyRelu(x, call.float("alpha", 0.2))),
  Log: unary((tf, x) => tf.log(x)),
  Neg: unary((tf, x) => tf.neg(x)),
  Relu: unary((tf, x) => tf.relu(x)),
  Relu6: unary((tf, x) => tf.minimum(tf.relu(x), 6)),
  Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Rsqrt: unary((tf, x) => tf.rsqrt(x)),
  Selu: unary((tf, x) => tf.selu(x)),
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  Sin: unary((tf, x) => tf.sin(x)),
  Softmax: unary((tf, x) => tf.softmax(x)),
  Softplus: unary((tf, x) => tf.softplus(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Square: unary((tf, x) => tf.square(x)),
  Tanh: unary((tf, x) => tf.tanh(x)),
  Cast: unary((tf, x, call) => {
    call.only("DstT", "DT_FLOAT");
    call.ignore("Truncate");
    return tf.cast(x, "float32");
  }),
  ClipByValue: call => {
    const [low, high] = [call.scalar("", 1) ?? 0, call.scalar("", 2) ?? 1];
    return plain(call.tf.minimum(call.tf.maximum(call.tensor(0), low), high));
  },
  Add: binary((tf, a, b) => tf.add(a, b)),
  AddV2: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  RealDiv: binary((tf, a, b) => tf.div(a, b)),
  Maximum: binary((tf, a, b) => tf.maximum(a, b)),
  Minimum: binary((tf, a, b) => tf.minimum(a, b)),
  Pow: binary((tf, a, b) => tf.pow(a, b)),
  SquaredDifference: binary((tf, a, b) => tf.square(tf.sub(a, b))),
  AddN: call => {
    call.ignore("N");
    const tensors = call.all().map(value => call.toPlain(value));
    return plain(tensors.reduce((a, b) => call.tf.add(a, b)));
  },
  /** A PReLU with one slope a channel; TensorFlow.js's converter makes it. */
  Prelu: binary((tf, x, slope) => tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), slope))),

  Mean: reduction((tf, x, axes, keep) => tf.mean(x, axes, keep)),
  Sum: reduction((tf, x, axes, keep) => tf.sum(x, axes, keep)),
  Max: reduction((tf, x, axes, keep) => tf.max(x, axes, keep)),
  Min: reduction((tf, x, axes, keep) => tf.min(x, axes, keep)),

  MatMul: call => plain(product(call, call.flag("transpose_a"), call.flag("transpose_b"))),
  BatchMatMulV2: call => plain(product(call, call.flag("adj_x"), call.flag("adj_y"))),
  BatchMatMul: call => plain(product(call, call.flag("adj_x"), call.flag("adj_y"))),
  _FusedMatMul: call => plain(fused(call, product(call, call.flag("transpose_a"), call.flag("transpose_b")))),
};

function product(call: Call, transA: boolean, transB: boolean): Tensor {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  const [rows, inner] = [a.shape.at(transA ? -1 : -2), a.shape.at(transA ? -2 : -1)];
  const [depth, columns] = [b.shape.at(transB ? -1 : -2), b.shape.at(transB ? -2 : -1)];
  if (a.shape.length < 2 || b.shape.length < 2 || inner !== depth)
    throw new Error(`it multiplies [${a.shape.join(", ")}] by [${b.shape.join(", ")}]`);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  call.limit([...batch, rows ?? 1, columns ?? 1]);
  return call.tf.matMul(a, b, transA, transB);
}

function unary(f: (tf: TensorFlow, x: Tensor, call: Call) => Tensor): Operator {
  return call => plain(f(call.tf, call.tensor(0), call));
}

function binary(f: (tf: TensorFlow, a: Tensor, b: Tensor) => Tensor): Operator {
  return call => {
    const [a, b] = [call.tensor(0), call.tensor(1)];
    call.limit(broadcastShape(a.shape, b.shape));
    return plain(f(call.tf, a, b));
  };
}

function reduction(f: (tf: TensorFlow, x: Tensor, axes: number[], keep: boolean) => Tensor): Operator {
  return call => {
    const x = call.tensor(0);
    const axes = call.numbers(1).map(axis => axisOf(axis, x.shape.length));
    return plain(f(call.tf, x, axes, call.flag("keep_dims")));
  };
}
