/**
 * Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1), with decoupled weight
 * decay (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019) when it is not 0:
 * m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;
 * p <- p - rate (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) + decay p).
 */
import type { Tensor, TensorFlow } from "../../engine/types.js";
import type { Optimiser } from "./optimiser.js";

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

export function adam(options: AdamOptions = {}): Optimiser<"m" | "v", "step" | "unbias" | "decay"> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    averages: ["m", "v"],
    scalars: (update, rate) => ({
      step: rate / (1 - beta1 ** (update + 1)),
      unbias: 1 / Math.sqrt(1 - beta2 ** (update + 1)),
      decay: rate * weightDecay,
    }),
    move(tf, p, g, old, { step, unbias, decay }) {
      const m = average(tf, old.m, g, beta1);
      const v = average(tf, old.v, tf.square(g), beta2);
      const denominator = tf.add(tf.mul(tf.sqrt(v), unbias), epsilon);
      const moved = tf.sub(p, tf.mul(tf.div(m, denominator), step));
      return { p: weightDecay === 0 ? moved : tf.sub(moved, tf.mul(p, decay)), averages: { m, v } };
    },
  };
}

function average(tf: TensorFlow, old: Tensor, now: Tensor, beta: number): Tensor {
  return tf.add(tf.mul(old, beta), tf.mul(now, 1 - beta));
}
