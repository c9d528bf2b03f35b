import type {
  ProgramTensors,
  Scalar,
  StepFunction,
  Tensor,
  Tensor2D,
  TensorFlow,
} from "../../engine/index.js";
import { forward, type ModelSpec } from "../../nn/model.js";
import { crossEntropy } from "../../nn/losses/cross-entropy.js";
import { type Optimiser, tensorOf } from "../../nn/optimisers/optimiser.js";
import { trainForward, under } from "../../nn/net.js";
import { updateFunction } from "../../nn/optimisers/update.js";

export interface ClassifierStep {
  /** Fixed layers before the net; their numbers are in the state under `inputPrefix`. */
  readonly input: ModelSpec;
  /** Encoder and head as one chain; in the state under `netPrefix`. */
  readonly net: ModelSpec;
  /** Names of what is trained, in the state. */
  readonly params: readonly string[];
  readonly l2: number;
  readonly optimiser: Optimiser;
}

export const inputPrefix = "input.";
export const netPrefix = "net.";

/**
 * An update of supervised training: the mean cross-entropy of softmax(logits) with the labels, plus (l2 / 2) |W|^2 of
 * all kernels. Inputs: `pixels` [N, H, W, C], `targets` [N, classes], one-hot, and the optimiser's scalars.
 * Outputs: `loss`, the one before the update.
 */
export function classifierStep(tf: TensorFlow, options: ClassifierStep): StepFunction {
  const { input, net, params, l2, optimiser } = options;
  const kernels = params.filter(name => name.endsWith(".kernel"));
  return updateFunction(tf, params, optimiser, (state, { pixels, targets }) => {
    const fixed = new Map(Object.entries(under(state, inputPrefix)));
    const x = forward(tf, input, fixed, pixels as Tensor);
    const { y, running } = trainForward(tf, net, state, x, netPrefix);
    const fit = crossEntropy(tf, y as Tensor2D, targets as Tensor2D);
    return { value: l2 === 0 ? fit : tf.add(fit, penalty(tf, state, kernels, l2)), aux: running };
  });
}

function penalty(tf: TensorFlow, state: ProgramTensors, kernels: readonly string[], l2: number): Scalar {
  const squares = kernels.map(name => tf.sum<Scalar>(tf.square(tensorOf(state, name))));
  return tf.mul(tf.addN(squares), l2 / 2);
}
