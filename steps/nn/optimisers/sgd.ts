/**
 * Stochastic gradient descent with momentum (Polyak 1964) in the form that PyTorch uses, with weight decay added to
 * the gradient: v <- momentum v + (g + decay p);  p <- p - rate v.
 */
import type { Optimiser } from "./optimiser.js";

export interface SgdOptions {
  readonly momentum?: number;
  readonly weightDecay?: number;
}

export function sgd({ momentum = 0.9, weightDecay = 0 }: SgdOptions = {}): Optimiser<"v", "rate"> {
  return {
    averages: ["v"],
    scalars: (_, rate) => ({ rate }),
    move(tf, p, g, old, { rate }) {
      const decayed = weightDecay === 0 ? g : tf.add(g, tf.mul(p, weightDecay));
      const v = tf.add(tf.mul(old.v, momentum), decayed);
      return { p: tf.sub(p, tf.mul(v, rate)), averages: { v } };
    },
  };
}
