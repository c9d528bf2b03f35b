/** What engines are compared by. `torch-worker.py` is the same in PyTorch. */
import { randomStream } from "../../runner/step-api.js";
import type { ProgramArray, ProgramArrays, StepFunction, TensorFlow } from "../../steps/engine/index.js";
import { forward, type LayerSpec, type ModelSpec } from "../../steps/lib/model.js";
import { adam } from "../../steps/nn/adam.js";
import { BATCH_NORM_EPSILON } from "../../steps/nn/batch-norm.js";
import { scalarArrays, tensorOf } from "../../steps/nn/optimiser.js";
import { contrastiveStep } from "../../steps/train-contrastive/step.js";
import { initialState } from "../../steps/training/net.js";
import { startState } from "../../steps/training/state.js";

const conv = (filters: number, strides: number): LayerSpec[] => [
  { type: "conv2d", filters, kernel: 3, strides, bias: false },
  { type: "batchNorm", epsilon: BATCH_NORM_EPSILON, activation: "relu" },
];

/** Encoders and heads as one chain. */
const NETS = {
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

/** Work that is done again and again. */
export interface Workload {
  /** Images that a step takes, or makes. */
  readonly images: number;
  readonly step: (tf: TensorFlow) => StepFunction;
  readonly state: ProgramArrays;
  /** The inputs of a step, from 0: the same images or latents each time. */
  readonly inputs: (at: number) => ProgramArrays;
}

/**
 * - train-conv, train-mlp: an update of SimCLR on 256 pairs of images 28 x 28 x 1, NT-Xent with temperature 0.5, Adam; just
 *   as `train-contrastive` computes it.
 * - sample: 512 images 28 x 28 x 1 of a generator with latents of 100 numbers and 128 and 64 channels.
 */
export const WORKLOADS: Readonly<Record<string, () => Workload>> = {
  "train-conv": () => contrastiveTraining(NETS.conv),
  "train-mlp": () => contrastiveTraining(NETS.mlp),
  sample: () => sampling(512),
};

/** `images` must be even: the second half are other views of the first. */
export function contrastiveTraining(
  spec: ModelSpec,
  images = 512,
  shape: readonly [number, number, number] = [28, 28, 1],
): Workload {
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
    images,
    step: tf => contrastiveStep(tf, { spec, params, views: 2, temperature: 0.5, optimiser }),
    state: startState(initial, optimiser).arrays,
    inputs: update => ({ pixels, ...scalarArrays(optimiser.scalars(update, 1e-3)) }),
  };
}

const GENERATOR: ModelSpec = {
  layers: [
    { type: "dense", units: 7 * 7 * 128, activation: "relu" },
    { type: "reshape", shape: [7, 7, 128] },
    { type: "conv2dTranspose", filters: 64, kernel: 4, strides: 2 },
    { type: "batchNorm", activation: "relu" },
    { type: "conv2dTranspose", filters: 1, kernel: 4, strides: 2, activation: "sigmoid" },
  ],
};

function sampling(images: number): Workload {
  const { params, running } = initialState(GENERATOR, [100], randomStream(0, "generator"));
  const state = { ...params, ...running };
  const draws = randomStream(0, "latents").at(0);
  const z = { shape: [images, 100], data: Float32Array.from({ length: images * 100 }, () => draws.normal()) };
  return {
    images,
    step: tf => (weights, inputs) => ({
      outputs: {
        images: forward(tf, GENERATOR, new Map(Object.entries(weights)), tensorOf(inputs, "z")),
      },
    }),
    state,
    inputs: () => ({ z }),
  };
}
