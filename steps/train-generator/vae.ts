import type { RandomStream } from "../../runner/step-api.js";
import type { Scalar, Tensor2D, Tensor4D, TensorFlow } from "../engine/index.js";
import type { ModelSpec } from "../lib/model.js";
import { bernoulliLoss, klToStandardNormal, reparameterise } from "../nn/elbo.js";
import { Params } from "../nn/params.js";
import { valueAndGradients } from "../nn/value-and-gradients.js";
import type { ImageShape } from "../training/batch.js";
import { initialState, Net } from "../training/net.js";
import { learningRate, makeOptimiser } from "../training/optimisation.js";
import type { TrainState } from "../training/state.js";
import { generatorLayers, inferenceLayers } from "./architecture.js";
import type { GeneratorOptions } from "./options.js";

/**
 * A variational auto-encoder in training (Kingma & Welling, ICLR 2014), Bernoulli pixels, one update at a time:
 *
 *   loss = -log p(x | z) + beta KL(q(z | x) || N(0, 1)),  z = mean + e^(logVariance / 2) noise
 *
 * in nats an image. What is kept in the end is the generator, z -> x.
 */
export interface VaeTrainer {
  /** Updates done. */
  readonly done: number;
  /** Takes the next update on images x [N, H, W, C] in [0, 1]; returns the loss before it. */
  update(x: Tensor4D): Scalar;
  state(): Promise<TrainState>;
  dispose(): void;
}

/** Parameters of the two nets share one state, and so one optimiser, under these prefixes. */
const inferencePrefix = "inference.";
export const generatorPrefix = "generator.";

/** The numbers that a training starts from. */
export function initialVae(
  options: GeneratorOptions,
  shape: ImageShape,
  random: (stream: string) => RandomStream,
): TrainState {
  const infer = initialState(inferenceLayers(options), shape, random("inference weights"), inferencePrefix);
  const layers = generatorLayers(options, shape, "linear");
  const generate = initialState(layers, [options.latentDim], random("generator weights"), generatorPrefix);
  return {
    update: 0,
    params: { ...infer.params, ...generate.params },
    running: { ...infer.running, ...generate.running },
    optimiser: {},
  };
}

/** `noise.at(update)` gives an update's latent noise. */
export function openVae(
  tf: TensorFlow,
  options: GeneratorOptions,
  shape: ImageShape,
  noise: RandomStream,
  from: TrainState,
): VaeTrainer {
  const { latentDim, beta, updates } = options;
  const params = new Params(tf, from.params);
  const running = new Params(tf, from.running);
  const optimiser = makeOptimiser(tf, params, options.optimiser, from.optimiser);
  const net = (spec: ModelSpec, prefix: string): Net => new Net(tf, spec, { params, running }, prefix);
  const inference = net(inferenceLayers(options), inferencePrefix);
  // Linear pixels: the loss takes logits, where a sigmoid could round to 0 or 1.
  const generator = net(generatorLayers(options, shape, "linear"), generatorPrefix);
  const negativeElbo = (x: Tensor4D, e: Tensor2D): Scalar => {
    const [mean, logVariance] = tf.split(inference.train(x), 2, 1) as [Tensor2D, Tensor2D];
    const z = reparameterise(tf, mean, logVariance, e);
    const reconstruction = bernoulliLoss(tf, generator.train(z), x);
    return tf.add(reconstruction, tf.mul(klToStandardNormal(tf, mean, logVariance), beta));
  };
  let done = from.update;
  return {
    get done() {
      return done;
    },
    update(x) {
      const e = latentNoise(tf, noise, done, [x.shape[0], latentDim]);
      const rate = learningRate(options.optimiser, done++, updates);
      return tf.tidy(() => {
        const { value, gradients } = valueAndGradients(tf, params, () => negativeElbo(x, e));
        optimiser.step(gradients, rate);
        inference.settle();
        generator.settle();
        e.dispose();
        return value;
      });
    },
    state: async () => ({
      update: done,
      params: await params.arrays(),
      running: await running.arrays(),
      optimiser: await optimiser.state(),
    }),
    dispose() {
      params.dispose();
      running.dispose();
      optimiser.dispose();
    },
  };
}

/** Standard normal numbers [rows, dim]: the draws at `at`. */
export function latentNoise(
  tf: TensorFlow,
  random: RandomStream,
  at: number,
  [rows, dim]: readonly [number, number],
): Tensor2D {
  const draws = random.at(at);
  return tf.tensor2d(
    Float32Array.from({ length: rows * dim }, () => draws.normal()),
    [rows, dim],
  );
}
