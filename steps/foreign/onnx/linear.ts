/** ONNX operators that multiply matrices, and those that reduce axes. */
import type { Tensor, TensorFlow } from "../../engine/types.js";
import { type Call, heldAxis, image, plain, shapeOf } from "../call.js";
import { axisOf } from "../node-call.js";
import { broadcastShape } from "../host.js";
import type { Operator } from "../call.js";

export const linear: Readonly<Record<string, Operator>> = {
  /** alpha A' B' + beta C. */
  Gemm: call => {
    const { tf } = call;
    const [a, b] = [call.tensor(0), call.tensor(1)];
    const [transA, transB] = [call.flag("transA"), call.flag("transB")];
    const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)];
    const [n = 0, inner = 0] = transA ? [...a.shape].reverse() : a.shape;
    const [depth = 0, m = 0] = transB ? [...b.shape].reverse() : b.shape;
    if (a.shape.length !== 2 || b.shape.length !== 2 || inner !== depth)
      throw new Error(`it multiplies [${a.shape.join(", ")}] by [${b.shape.join(", ")}]`);
    call.limit([n, m]);
    const product = tf.matMul(a, b, transA, transB);
    const scaled = alpha === 1 ? product : tf.mul(product, alpha);
    if (!call.has(2)) return plain(scaled);
    const c = call.tensor(2);
    return plain(tf.add(scaled, beta === 1 ? c : tf.mul(c, beta)));
  },

  MatMul: call => {
    // As in NumPy: a vector is a row on the left, a column on the right, and its axis is left out of the product.
    const { tf } = call;
    const [left, right] = [call.tensor(0), call.tensor(1)];
    const a = left.shape.length === 1 ? tf.reshape(left, [1, left.size]) : left;
    const b = right.shape.length === 1 ? tf.reshape(right, [right.size, 1]) : right;
    const [inner, depth] = [a.shape.at(-1), b.shape.at(-2)];
    if (left.shape.length < 1 || right.shape.length < 1 || inner !== depth)
      throw new Error(`it multiplies [${left.shape.join(", ")}] by [${right.shape.join(", ")}]`);
    const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const rows = left.shape.length === 1 ? [] : [a.shape.at(-2) ?? 1];
    const columns = right.shape.length === 1 ? [] : [b.shape.at(-1) ?? 1];
    call.limit([...batch, a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1]);
    return plain(tf.reshape(tf.matMul(a, b), [...batch, ...rows, ...columns]));
  },

  ReduceMean: reduction((tf, x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceSum: reduction((tf, x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMax: reduction((tf, x, axes, keep) => tf.max(x, axes, keep)),
  ReduceMin: reduction((tf, x, axes, keep) => tf.min(x, axes, keep)),
  ReduceSumSquare: reduction((tf, x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ReduceL2: reduction((tf, x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),

  ReduceL1: reduction((tf, x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceProd: reduction((tf, x, axes, keep) => tf.prod(x, axes, keep)),
  ReduceLogSumExp: reduction((tf, x, axes, keep) => tf.logSumExp(x, axes, keep)),

  Softmax: softmax((tf, x) => tf.softmax(x)),
  LogSoftmax: softmax((tf, x) => tf.logSoftmax(x)),

  LpNormalization: call => {
    const { tf } = call;
    call.only("p", 2);
    const x = call.tensor(0);
    const axis = axisOf(call.int("axis", -1), x.shape.length);
    return plain(tf.div(x, tf.sqrt(tf.sum(tf.square(x), axis, true))));
  },

  LayerNormalization: call => {
    const { tf } = call;
    const x = call.tensor(0);
    const first = axisOf(call.int("axis", -1), x.shape.length);
    call.only("stash_type", 1);
    const axes = Array.from({ length: x.shape.length - first }, (_, i) => first + i);
    const centred = tf.sub(x, tf.mean(x, axes, true));
    const variance = tf.mean(tf.square(centred), axes, true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, call.float("epsilon", 1e-5))));
    const scaled = tf.mul(normal, call.tensor(1));
    return plain(call.has(2) ? tf.add(scaled, call.tensor(2)) : scaled);
  },
};

function reduction(f: (tf: TensorFlow, x: Tensor, axes: number[], keep: boolean) => Tensor): Operator {
  return call => {
    const value = call.value(0);
    const rank = shapeOf(value).length;
    const listed = call.list("axes", 1);
    const none = call.int("noop_with_empty_axes", 0) === 1;
    if (none && (listed ?? []).length === 0) return value;
    const all = Array.from({ length: rank }, (_, axis) => axis);
    const axes = (listed === undefined || listed.length === 0 ? all : listed).map(axis => axisOf(axis, rank));
    const keep = call.int("keepdims", 1) === 1;
    if (keep && value.kind === "device" && value.image)
      return image(
        f(
          call.tf,
          value.tensor,
          axes.map(axis => heldAxis(value, axis)),
          true,
        ),
      );
    return plain(f(call.tf, call.toPlain(value), axes, keep));
  };
}

/** Up to version 12 all axes from `axis` on are one; since then `axis` alone. */
function softmax(f: (tf: TensorFlow, x: Tensor) => Tensor): Operator {
  return (call: Call) => {
    const { tf } = call;
    const x = call.tensor(0);
    const rank = x.shape.length;
    const axis = axisOf(call.int("axis", call.opset < 13 ? 1 : -1), rank);
    if (axis === rank - 1) return plain(f(tf, x));
    if (call.opset < 13) {
      const rows = x.shape.slice(0, axis).reduce((product, n) => product * n, 1);
      return plain(tf.reshape(f(tf, tf.reshape(x, [rows, x.size / rows])), x.shape));
    }
    const order = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
    return plain(tf.transpose(f(tf, tf.transpose(x, order)), order));
  };
}
