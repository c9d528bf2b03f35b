/**
 * Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1), with decoupled weight
 * decay (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019) when it is not 0:
 * m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;
 * p <- p - rate (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) + decay p).
 */
import type { Tensor, TensorFlow } from "../engine/types.js";
import type { Optimiser } from "./optimiser.js";
import { Moments } from "./optimiser.js";
import type { NamedArrays, Params } from "./params.js";

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/** `state`: what a former optimiser's `state()` gave; training then goes on exactly where it was. */
export function adam(
  tf: TensorFlow,
  params: Params,
  options: AdamOptions = {},
  state: NamedArrays = {},
): Optimiser {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const moments = new Moments(params, state);
  return {
    get steps() {
      return moments.steps;
    },
    step(gradients, rate) {
      moments.steps++;
      const step = rate / (1 - beta1 ** moments.steps);
      const unbias = 1 / Math.sqrt(1 - beta2 ** moments.steps);
      for (const [name, g] of Object.entries(gradients))
        tf.tidy(() => {
          const p = params.get(name);
          const m = average(moments.get("m", name), g, beta1);
          const v = average(moments.get("v", name), tf.square(g), beta2);
          const denominator = tf.add(tf.mul(tf.sqrt(v), unbias), epsilon);
          const moved = tf.sub(p, tf.mul(tf.div(m, denominator), step));
          params.set(name, weightDecay === 0 ? moved : tf.sub(moved, tf.mul(p, rate * weightDecay)));
          moments.set("m", name, m);
          moments.set("v", name, v);
        });
    },
    state: () => moments.arrays(),
    dispose: () => moments.dispose(),
  };

  function average(old: Tensor, now: Tensor, beta: number): Tensor {
    return tf.add(tf.mul(old, beta), tf.mul(now, 1 - beta));
  }
}
