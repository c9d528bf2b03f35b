import type { RandomStream } from "../../../runner/step-api.js";
import type { StepFunction, Tensor, Tensor2D, TensorFlow } from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import { bernoulliLoss, klToStandardNormal, reparameterise } from "../../nn/losses/elbo.js";
import type { ImageShape } from "../../artifacts/image-batch.js";
import { type InitialState, initialState, trainForward } from "../../nn/net.js";
import { makeOptimiser } from "../../nn/optimisers/optimisation.js";
import { updateFunction } from "../../nn/optimisers/update.js";
import { generatorLayers, inferenceLayers } from "./generator-architecture.js";
import type { GeneratorOptions } from "./generator-options.js";

/** Parameters of the two nets share one state, and so one optimiser, under these prefixes. */
const inferencePrefix = "inference.";
export const generatorPrefix = "generator.";

/** The numbers that a training starts from. */
export function initialVae(
  options: GeneratorOptions,
  shape: ImageShape,
  random: (stream: string) => RandomStream,
): InitialState {
  const infer = initialState(vaeInference(options), shape, random("inference weights"), inferencePrefix);
  const layers = generatorLayers(options, shape, "linear");
  const generate = initialState(layers, [options.latentDim], random("generator weights"), generatorPrefix);
  return {
    params: { ...infer.params, ...generate.params },
    running: { ...infer.running, ...generate.running },
  };
}

/** Image -> [mean, log variance] of q(z | x). */
function vaeInference(options: GeneratorOptions): ModelSpec {
  return inferenceLayers(options, 2 * options.latentDim, "relu");
}

/**
 * An update of a variational auto-encoder (Kingma & Welling, ICLR 2014) with Bernoulli pixels:
 *
 *   loss = -log p(x | z) + beta KL(q(z | x) || N(0, 1)),  z = mean + e^(logVariance / 2) noise
 *
 * in nats an image. Inputs: images `x` [N, H, W, C] in [0, 1], `noise` [N, latentDim], and the optimiser's scalars.
 * Outputs: `loss`, the one before the update. What is kept in the end is the generator, z -> x.
 */
export function vaeStep(
  tf: TensorFlow,
  options: GeneratorOptions,
  shape: ImageShape,
  params: readonly string[],
): StepFunction {
  const inference = vaeInference(options);
  // Linear pixels: the loss takes logits, where a sigmoid could round to 0 or 1.
  const generator = generatorLayers(options, shape, "linear");
  return updateFunction(tf, params, makeOptimiser(options.optimiser), (state, inputs) => {
    const [x, noise] = [inputs["x"] as Tensor, inputs["noise"] as Tensor2D];
    const inferred = trainForward(tf, inference, state, x, inferencePrefix);
    const [mean, logVariance] = tf.split(inferred.y, 2, 1) as [Tensor2D, Tensor2D];
    const z = reparameterise(tf, mean, logVariance, noise);
    const generated = trainForward(tf, generator, state, z, generatorPrefix);
    const divergence = tf.mul(klToStandardNormal(tf, mean, logVariance), options.beta);
    return {
      value: tf.add(bernoulliLoss(tf, generated.y, x), divergence),
      aux: { ...inferred.running, ...generated.running },
    };
  });
}
