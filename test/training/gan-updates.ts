import { randomStream } from "../../runner/step-api.js";
import type { Engine, ProgramArray, ProgramArrays } from "../../steps/engine/index.js";
import { ganOptimiser, ganStep, initialGan } from "../../steps/kinds/train-generator/gan.js";
import type {
  AdversarialOptions,
  GeneratorOptions,
} from "../../steps/kinds/train-generator/generator-options.js";
import { makeOptimiser, optimiserInputs } from "../../steps/nn/optimisers/optimisation.js";
import { startState } from "../../steps/training/checkpoints.js";
import { numbers } from "../engine/rig.js";

export const shape = [4, 4, 1] as const;
export const batch = 6;
export const classes = 3;

/** Of a small conditional GAN. */
export function optionsOf(adversarial: Partial<AdversarialOptions>): GeneratorOptions {
  const usual = { loss: "non-saturating", normalisation: "batch", conditional: true, pace: 1 } as const;
  return {
    ...{ family: "gan", architecture: "conv", latentDim: 5, hidden: [], channels: [3, 4], beta: 1 },
    adversarial: { ...usual, averaging: 0.75, beta1: 0.5, ...adversarial },
    optimiser: { kind: "adam", lr: 0.001, schedule: "cosine", warmup: 0, momentum: 0.9, weightDecay: 0 },
    ...{ updates: 10, batch, checkpoint: 0, seed: 1, fdSamples: 10 },
  };
}

/** The state before the first update. */
export function start(options: GeneratorOptions): ProgramArrays {
  const initial = initialGan(options, shape, classes, stream => randomStream(1, stream));
  return startState(initial, makeOptimiser(ganOptimiser(options))).arrays;
}

/** What an update takes: made-up images, noise and classes. */
export function inputs(options: GeneratorOptions, update: number): ProgramArrays {
  const array = (size: readonly number[], seed: number): ProgramArray => ({
    shape: size,
    data: numbers(
      size.reduce((a, b) => a * b, 1),
      seed,
    ),
  });
  const y = Float32Array.from({ length: batch * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) % classes ? 1 : 0,
  );
  return {
    x: array([batch, ...shape], 10 + update),
    noise: array([batch, 5], 20 + update),
    y: { shape: [batch, classes], data: y },
    ...optimiserInputs(ganOptimiser(options), update, 10),
  };
}

export interface Updated {
  /** Before each update. */
  readonly losses: readonly number[];
  readonly state: ProgramArrays;
  readonly how: string;
  /** Names of what is trained. */
  readonly params: readonly string[];
}

/** Runs the first `count` updates, as the program that `open` makes of them. */
export async function updates(
  { tf }: Pick<Engine, "tf">,
  options: GeneratorOptions,
  count: number,
  open: Engine["program"],
): Promise<Updated> {
  const initial = start(options);
  const params = Object.keys(initial).filter(
    name => /^(generator|discriminator)\./.test(name) && !/\.(mean|variance)$/.test(name),
  );
  const program = open(ganStep(tf, options, shape, classes, params), initial);
  const losses: number[] = [];
  for (let update = 0; update < count; update++)
    losses.push((await program.run(inputs(options, update)))["loss"]?.data[0] ?? NaN);
  const state = await program.state();
  const { how } = program;
  program.dispose();
  return { losses, state, how, params };
}
