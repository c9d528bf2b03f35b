import type { Device, RandomStream } from "../../../runner/step-api.js";
import type { ProgramArrays, StepFunction, TensorFlow } from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import type { ImageShape } from "../../artifacts/image-batch.js";
import { type InitialState, under } from "../../nn/net.js";
import type { OptimiserOptions } from "../../nn/optimisers/optimiser-options.js";
import { generatorLayers } from "./generator-architecture.js";
import { averagedWeights, ganGenerator, ganOptimiser, ganStep, initialGan } from "./gan.js";
import type { GeneratorOptions } from "./generator-options.js";
import { standingStatistics } from "./card.js";
import { generatorPrefix, initialVae, vaeStep } from "./vae.js";

/** What a way to train a generator comes to. */
export interface Family {
  /** The layers of the generator that is kept. */
  readonly model: ModelSpec;
  readonly initial: InitialState;
  readonly optimiser: OptimiserOptions;
  step(tf: TensorFlow): StepFunction;
  /** The kept generator's numbers, under the names of its layer list; all else of the training is left behind. */
  weights(device: Device, state: ProgramArrays): Promise<ProgramArrays>;
}

/** `classes`: how many there are to learn; 0 unless conditional. Random numbers of a name are always the same. */
export function familyOf(
  options: GeneratorOptions,
  shape: ImageShape,
  classes: number,
  random: (stream: string) => RandomStream,
): Family {
  switch (options.family) {
    case "vae": {
      const initial = initialVae(options, shape, random);
      return {
        model: generatorLayers(options, shape, "sigmoid"),
        initial,
        optimiser: options.optimiser,
        step: tf => vaeStep(tf, options, shape, Object.keys(initial.params)),
        weights: (_, state) => Promise.resolve(under(state, generatorPrefix)),
      };
    }
    case "gan": {
      const model = ganGenerator(options, shape);
      const initial = initialGan(options, shape, classes, random);
      const latents = { dim: options.latentDim, classes, random: random("statistics") };
      return {
        model,
        initial,
        optimiser: ganOptimiser(options),
        step: tf => ganStep(tf, options, shape, classes, Object.keys(initial.params)),
        async weights(device, state) {
          const averaged = averagedWeights(state);
          return { ...averaged, ...(await standingStatistics(device, model, averaged, latents)) };
        },
      };
    }
  }
}
