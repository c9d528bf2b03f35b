/**
 * The training steps that engines are compared by: one update of SimCLR on 256 pairs of images 28 x 28 x 1, NT-Xent with
 * temperature 0.5, Adam; just as `train-contrastive` computes it. `train-step.py` is the same in PyTorch.
 */
import { randomStream } from "../../runner/step-api.js";
import type { ProgramArray, ProgramArrays, StepFunction, TensorFlow } from "../../steps/engine/index.js";
import type { LayerSpec, ModelSpec } from "../../steps/lib/model.js";
import { adam } from "../../steps/nn/adam.js";
import { BATCH_NORM_EPSILON } from "../../steps/nn/batch-norm.js";
import { scalarArrays } from "../../steps/nn/optimiser.js";
import { contrastiveStep } from "../../steps/train-contrastive/step.js";
import { initialState } from "../../steps/training/net.js";
import { startState } from "../../steps/training/state.js";

const conv = (filters: number, strides: number): LayerSpec[] => [
  { type: "conv2d", filters, kernel: 3, strides, bias: false },
  { type: "batchNorm", epsilon: BATCH_NORM_EPSILON, activation: "relu" },
];

/** Encoder and head as one chain. */
export const NETS = {
  conv: {
    layers: [
      ...[...conv(32, 1), ...conv(64, 2), ...conv(128, 2)],
      { type: "globalAveragePool" },
      { type: "dense", units: 128, activation: "relu" },
      { type: "dense", units: 64 },
    ],
  },
  mlp: {
    layers: [
      { type: "flatten" },
      { type: "dense", units: 512, activation: "relu" },
      { type: "dense", units: 512, activation: "relu" },
      { type: "dense", units: 128 },
    ],
  },
} as const satisfies Readonly<Record<string, ModelSpec>>;

export interface Training {
  readonly step: (tf: TensorFlow) => StepFunction;
  readonly state: ProgramArrays;
  /** The inputs of an update, from 0: the same images each time. */
  readonly inputs: (update: number) => ProgramArrays;
}

/** `images` must be even: the second half are other views of the first. */
export function contrastiveTraining(
  spec: ModelSpec,
  images = 512,
  shape: readonly [number, number, number] = [28, 28, 1],
): Training {
  const optimiser = adam();
  const initial = initialState(spec, shape, randomStream(0, "weights"));
  const params = Object.keys(initial.params);
  const draws = randomStream(0, "images").at(0);
  const size = images * shape[0] * shape[1] * shape[2];
  const pixels: ProgramArray = {
    shape: [images, ...shape],
    data: Float32Array.from({ length: size }, () => draws.uniform()),
  };
  return {
    step: tf => contrastiveStep(tf, { spec, params, views: 2, temperature: 0.5, optimiser }),
    state: startState(initial, optimiser).arrays,
    inputs: update => ({ pixels, ...scalarArrays(optimiser.scalars(update, 1e-3)) }),
  };
}
