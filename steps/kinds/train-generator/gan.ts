import type { RandomStream } from "../../../runner/step-api.js";
import type {
  ProgramArrays,
  ProgramTensors,
  StepFunction,
  Tensor,
  Tensor2D,
  TensorFlow,
} from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import { discriminatorLoss, generatorLoss } from "../../nn/losses/adversarial.js";
import { moveAverages } from "../../nn/optimisers/moving-average.js";
import { tensorOf, withRateMultiplier } from "../../nn/optimisers/optimiser.js";
import { initialVector } from "../../nn/spectral-norm.js";
import type { ImageShape } from "../../artifacts/image-batch.js";
import { type ForwardPass, type InitialState, initialState, trainForward, under } from "../../nn/net.js";
import { makeOptimiser } from "../../nn/optimisers/optimisation.js";
import type { OptimiserOptions } from "../../nn/optimisers/optimiser-options.js";
import { updateFunction } from "../../nn/optimisers/update.js";
import { generatorLayers } from "./generator-architecture.js";
import { discriminate, discriminatorLayers, discriminatorPrefix, vectorPrefix } from "./discriminator.js";
import type { GeneratorOptions } from "./generator-options.js";

/** The generator's weights in the state, and their averages. */
const generatorPrefix = "generator.";
const averagePrefix = "averages/";

/** [z, y] -> pixels in [0, 1]; with batch norm, as in DCGAN (Radford et al., ICLR 2016). */
export function ganGenerator(options: GeneratorOptions, shape: ImageShape): ModelSpec {
  return generatorLayers(options, shape, "sigmoid", true);
}

/** The optimiser of both nets. */
export function ganOptimiser({ optimiser, adversarial }: GeneratorOptions): OptimiserOptions {
  return optimiser.kind === "adam" ? { ...optimiser, beta1: adversarial.beta1 } : optimiser;
}

/** Of all kernels at the start, as in DCGAN: small, so that steps are large beside them. */
const deviation = 0.02;

/** The numbers that a training starts from; `classes`: 0 unless conditional. */
export function initialGan(
  options: GeneratorOptions,
  shape: ImageShape,
  classes: number,
  random: (stream: string) => RandomStream,
): InitialState {
  const layers = ganGenerator(options, shape);
  const z = [options.latentDim + classes];
  const generator = initialState(layers, z, random("generator weights"), generatorPrefix, deviation);
  const judges = discriminatorLayers(options, classes);
  const judge = initialState(judges, shape, random("discriminator weights"), discriminatorPrefix, deviation);
  const kernels = Object.entries(judge.params).filter(([name]) => name.endsWith(".kernel"));
  const vectors = kernels.map(([name, kernel]) => [vectorPrefix + name, initialVector(kernel)] as const);
  return {
    params: { ...generator.params, ...judge.params },
    running: {
      ...generator.running,
      ...judge.running,
      ...prefixed(under(generator.params, generatorPrefix), averagePrefix),
      ...(options.adversarial.normalisation === "spectral" ? Object.fromEntries(vectors) : {}),
    },
  };
}

/**
 * An update of a generative adversarial network (Goodfellow et al., NeurIPS 2014): the discriminator takes a step,
 * then the generator one against what the discriminator has become, then the generator's averages follow.
 * Inputs: images `x` [N, H, W, C] in [0, 1], `noise` [N, latentDim], where it is conditional the images' classes `y`
 * [N, classes], one-hot, which the made ones are to have too, and the optimiser's scalars.
 * Outputs: `loss`, the discriminator's before the update: 2 ln 2 (hinge: 2) when it cannot tell real from made.
 */
export function ganStep(
  tf: TensorFlow,
  options: GeneratorOptions,
  shape: ImageShape,
  classes: number,
  params: readonly string[],
): StepFunction {
  const { loss, averaging, pace } = options.adversarial;
  const optimiser = makeOptimiser(ganOptimiser(options));
  const [layers, judge] = [ganGenerator(options, shape), discriminatorLayers(options, classes)];
  const [ofGenerator, ofJudge] = [generatorPrefix, discriminatorPrefix].map(prefix =>
    params.filter(name => name.startsWith(prefix)),
  ) as [string[], string[]];
  const generate = (state: ProgramTensors, inputs: ProgramTensors): ForwardPass => {
    const [noise, y] = [inputs["noise"] as Tensor2D, inputs["y"] as Tensor2D | undefined];
    const z = y === undefined ? noise : tf.concat([noise, y], 1);
    return trainForward(tf, layers, state, z, generatorPrefix);
  };

  const discriminatorUpdate = updateFunction(
    tf,
    ofJudge,
    withRateMultiplier(optimiser, pace),
    (state, inputs) => {
      const y = inputs["y"] as Tensor2D | undefined;
      const real = discriminate(tf, judge, state, inputs["x"] as Tensor, y);
      const fake = discriminate(tf, judge, state, generate(state, inputs).y, y);
      return { value: discriminatorLoss(tf, loss, real.scores, fake.scores), aux: real.aux };
    },
  );
  const generatorUpdate = updateFunction(tf, ofGenerator, optimiser, (state, inputs) => {
    const made = generate(state, inputs);
    const judged = discriminate(tf, judge, state, made.y, inputs["y"] as Tensor2D | undefined);
    return { value: generatorLoss(tf, loss, judged.scores), aux: { ...made.running, ...judged.aux } };
  });

  return (state, inputs) => {
    const first = discriminatorUpdate(state, inputs);
    const second = generatorUpdate({ ...state, ...first.state }, inputs);
    const moved = { ...first.state, ...second.state };
    const weights = Object.fromEntries(ofGenerator.map(name => [name, tensorOf(moved, name)]));
    const averages = moveAverages(
      tf,
      under(state, averagePrefix),
      under(weights, generatorPrefix),
      averaging,
    );
    return { state: { ...moved, ...prefixed(averages, averagePrefix) }, outputs: first.outputs };
  };
}

/** The generator's averaged weights by layer name, with batch norm's statistics of the weights averaged over. */
export function averagedWeights(state: ProgramArrays): ProgramArrays {
  return { ...under(state, generatorPrefix), ...under(state, averagePrefix) };
}

function prefixed<T>(entries: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [prefix + name, value]));
}
