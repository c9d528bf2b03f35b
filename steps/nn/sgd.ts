/**
 * Stochastic gradient descent with momentum (Polyak 1964) in the form that PyTorch uses, with weight decay added to
 * the gradient: v <- momentum v + (g + decay p);  p <- p - rate v.
 */
import type { TensorFlow } from "../engine/types.js";
import type { Optimiser } from "./optimiser.js";
import { Moments } from "./optimiser.js";
import type { NamedArrays, Params } from "./params.js";

export interface SgdOptions {
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** `state`: what a former optimiser's `state()` gave; training then goes on exactly where it was. */
export function sgd(
  tf: TensorFlow,
  params: Params,
  options: SgdOptions = {},
  state: NamedArrays = {},
): Optimiser {
  const { momentum = 0.9, weightDecay = 0 } = options;
  const moments = new Moments(params, state);
  return {
    get steps() {
      return moments.steps;
    },
    step(gradients, rate) {
      moments.steps++;
      for (const [name, g] of Object.entries(gradients))
        tf.tidy(() => {
          const p = params.get(name);
          const decayed = weightDecay === 0 ? g : tf.add(g, tf.mul(p, weightDecay));
          const v = tf.add(tf.mul(moments.get("v", name), momentum), decayed);
          params.set(name, tf.sub(p, tf.mul(v, rate)));
          moments.set("v", name, v);
        });
    },
    state: () => moments.arrays(),
    dispose: () => moments.dispose(),
  };
}
