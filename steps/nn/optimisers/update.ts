import type { ProgramTensors, Scalar, StepFunction, Tensor, TensorFlow } from "../../engine/types.js";
import { moveAll, type Optimiser, tensorOf } from "./optimiser.js";

/**
 * An update of a training as a step function: differentiates `loss` by the tensors of the state that `params` names,
 * and moves those. What `loss` gives as `aux` takes the place of the state's entries of those names.
 * Outputs: `loss`, the value before the update.
 */
export function updateFunction(
  tf: TensorFlow,
  params: readonly string[],
  optimiser: Optimiser,
  loss: (state: ProgramTensors, inputs: ProgramTensors) => Loss,
): StepFunction {
  return (state, inputs) => {
    const trained = Object.fromEntries(params.map(name => [name, tensorOf(state, name)]));
    const { value, aux, gradients } = valueAndGradients(tf, trained, () => loss(state, inputs));
    const moved = moveAll(tf, optimiser, state, gradients, inputs);
    return { state: { ...aux, ...moved }, outputs: { loss: value } };
  };
}

/** What a forward pass comes to. */
export interface Loss {
  readonly value: Scalar;
  /** What else it found (a batch's statistics, say), for which no gradient is wanted. */
  readonly aux?: ProgramTensors;
}

export interface ValueAndGradients {
  readonly value: Scalar;
  readonly aux: ProgramTensors;
  /** By parameter name. */
  readonly gradients: ProgramTensors;
}

/**
 * Runs `loss`, which computes with the tensors `params`, and differentiates its value by each of them.
 * Throws when the value does not depend on one of them: that is a mistake in the model.
 */
export function valueAndGradients(
  tf: TensorFlow,
  params: ProgramTensors,
  loss: () => Loss,
): ValueAndGradients {
  const names = Object.keys(params);
  let aux: ProgramTensors = {};
  const forward = (): Scalar => {
    const result = loss();
    // Differentiation frees what is not the value.
    aux = mapTensors(result.aux ?? {}, tensor => tf.keep(tensor));
    return result.value;
  };
  // Not tf.valueAndGrads, which does not say which parameter has no gradient.
  const { value, grads } = tf.engine().gradients<Scalar>(forward, Object.values(params), undefined, true);
  aux = mapTensors(aux, kept => {
    const own = tf.clone(kept);
    kept.dispose();
    return own;
  });
  const found = grads as readonly (Tensor | null | undefined)[];
  const missing = names.filter((_, i) => found[i] == null);
  if (missing.length > 0) {
    tf.dispose([value, ...Object.values(aux), ...found.filter(gradient => gradient != null)]);
    throw new Error(`The loss does not depend on ${missing.join(", ")}.`);
  }
  const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor]));
  return { value, aux, gradients };
}

function mapTensors(tensors: ProgramTensors, change: (tensor: Tensor) => Tensor): ProgramTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
