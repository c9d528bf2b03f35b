import type { Tensor, TensorFlow } from "../engine/types.js";

/** A forward pass that brings its own backward pass. */
export interface Differentiated<T extends Tensor> {
  readonly value: T;
  /** Tensors that the backward pass needs; all others of the forward pass are freed. */
  readonly saved: readonly Tensor[];
  /** From the gradient of `value` and the saved tensors, in order, to the gradient of each input, in order. */
  readonly backward: (dy: T, saved: readonly Tensor[]) => Tensor[];
}

/**
 * An operation with a gradient of its own: `forward` reads `inputs`, and other tensors count as constants.
 * (`tf.customGrad` with types, and with what is saved stated in one place.)
 */
export function customGradient<T extends Tensor>(
  tf: TensorFlow,
  inputs: readonly Tensor[],
  forward: () => Differentiated<T>,
): T {
  const operation = tf.customGrad<T>((...args) => {
    const save = args[inputs.length];
    if (typeof save !== "function") throw new Error("Internal error: tf.customGrad without a save function.");
    const { value, saved, backward } = forward();
    save([...saved]);
    return { value, gradFunc: (dy, kept) => backward(dy, kept) };
  });
  return operation(...inputs);
}
