import type { ClipByValueAttrs, GradConfig, LeakyReluAttrs, Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient } from "./define.js";

/** Gradients of functions of one number, and of comparisons, applied element by element. */
export function elementwise(tf: TensorFlow): GradConfig[] {
  /** y = f(x); `slope(x)` is f'(x). */
  const ofInput = (kernel: string, slope: (x: Tensor) => Tensor): GradConfig =>
    gradient(kernel, ["x"], (dy, { x }) => ({ x: () => tf.mul(dy, slope(tf.cast(x, "float32"))) }));
  /** y = f(x); `slope(y)` is f'(x) computed from the output, which spares keeping x. */
  const ofOutput = (kernel: string, slope: (y: Tensor) => Tensor): GradConfig =>
    gradient(kernel, ["y"], (dy, { y }) => ({ x: () => tf.mul(dy, slope(y)) }));
  /** Piecewise constant functions. */
  const flat = (kernel: string): GradConfig => gradient(kernel, [], dy => ({ x: () => tf.zerosLike(dy) }));
  return [
    gradient("Neg", [], dy => ({ x: () => tf.neg(dy) })),
    gradient("Identity", [], dy => ({ x: () => tf.clone(dy) })),
    gradient("Cast", [], dy => ({ x: () => tf.clone(dy) })),
    ofInput("Abs", x => tf.sign(x)),
    ofInput("Square", x => tf.mul(x, 2)),
    ofOutput("Sqrt", y => tf.div(0.5, y)),
    ofOutput("Rsqrt", y => tf.mul(tf.mul(tf.square(y), y), -0.5)),
    ofOutput("Reciprocal", y => tf.neg(tf.square(y))),
    ofOutput("Exp", y => y),
    ofOutput("Expm1", y => tf.add(y, 1)),
    ofInput("Log", x => tf.reciprocal(x)),
    ofInput("Log1p", x => tf.reciprocal(tf.add(x, 1))),
    ofInput("Sin", x => tf.cos(x)),
    ofInput("Cos", x => tf.neg(tf.sin(x))),
    ofOutput("Tan", y => tf.add(tf.square(y), 1)),
    ofInput("Asin", x => tf.rsqrt(tf.sub(1, tf.square(x)))),
    ofInput("Acos", x => tf.neg(tf.rsqrt(tf.sub(1, tf.square(x))))),
    ofInput("Atan", x => tf.reciprocal(tf.add(tf.square(x), 1))),
    ofInput("Sinh", x => tf.cosh(x)),
    ofInput("Cosh", x => tf.sinh(x)),
    ofInput("Erf", x => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))),
    ofOutput("Tanh", y => tf.sub(1, tf.square(y))),
    ofOutput("Sigmoid", y => tf.mul(y, tf.sub(1, y))),
    ofInput("Softplus", x => tf.sigmoid(x)),
    // relu: 1 where the output is positive, and 0 at 0.
    ofOutput("Relu", y => tf.step(y)),
    ofInput("Relu6", x => tf.mul(tf.step(x), tf.cast(tf.lessEqual(x, 6), "float32"))),
    gradient("LeakyRelu", ["x"], (dy, { x }, attrs) => {
      const { alpha } = attrs as unknown as LeakyReluAttrs;
      return { x: () => tf.mul(dy, tf.add(tf.mul(tf.step(x), 1 - alpha), alpha)) };
    }),
    // elu(x) = e^x - 1 below 0, where the slope e^x is y + 1.
    ofOutput("Elu", y => tf.add(tf.minimum(y, 0), 1)),
    ofInput("Selu", x => {
      const { SELU_SCALE: scale, SELU_SCALEALPHA: scaleAlpha } = tf.backend_util;
      return tf.where(tf.greater(x, 0), tf.fill(x.shape, scale), tf.mul(tf.exp(x), scaleAlpha));
    }),
    gradient("ClipByValue", ["x"], (dy, { x }, attrs) => {
      const { clipValueMin, clipValueMax } = attrs as unknown as ClipByValueAttrs;
      const inside = (): Tensor =>
        tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax));
      return { x: () => tf.mul(dy, tf.cast(inside(), "float32")) };
    }),
    ...["Sign", "Floor", "Ceil", "Round", "Step", "ZerosLike", "OnesLike", "LogicalNot"].map(flat),
    ...["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"].map(
      kernel =>
        gradient(kernel, ["a", "b"], (_dy, { a, b }) => ({
          a: () => tf.zeros(a.shape),
          b: () => tf.zeros(b.shape),
        })),
    ),
  ];
}
