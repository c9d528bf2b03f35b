import type { ProgramTensors, StepFunction, TensorFlow } from "../../engine/index.js";
import { moveAll, type Optimiser, tensorOf } from "./optimiser.js";
import { type Loss, valueAndGradients } from "../value-and-gradients.js";

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
