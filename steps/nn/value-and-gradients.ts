import type { Scalar, Tensor, TensorFlow } from "../engine/types.js";
import type { Params } from "./params.js";

export interface ValueAndGradients {
  readonly value: Scalar;
  /** By parameter name; the caller frees them (or runs inside `tf.tidy`). */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/**
 * Runs `loss`, which reads `params`, and differentiates it by the parameters `names` (default: all).
 * Throws when the loss does not depend on one of them: that is a mistake in the model.
 */
export function valueAndGradients(
  tf: TensorFlow,
  params: Params,
  loss: () => Scalar,
  names: readonly string[] = params.names,
): ValueAndGradients {
  const tensors = names.map(name => params.get(name));
  // Not tf.valueAndGrads, which does not say which parameter has no gradient.
  const { value, grads } = tf.engine().gradients<Scalar>(loss, tensors, undefined, true);
  const found = grads as readonly (Tensor | null | undefined)[];
  const missing = names.filter((_, i) => found[i] == null);
  if (missing.length > 0) {
    tf.dispose([value, ...found.filter(gradient => gradient != null)]);
    throw new Error(`The loss does not depend on ${missing.join(", ")}.`);
  }
  return { value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])) };
}
