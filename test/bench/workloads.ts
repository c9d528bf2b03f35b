/** What engines are compared by. `torch-worker.py` is the same in PyTorch. */
import { randomStream } from "../../runner/step-api.js";
import type { ProgramArray, ProgramArrays, StepFunction, TensorFlow } from "../../steps/engine/index.js";
import type { LayerSpec } from "../../steps/nn/layers/layer.js";
import { forward, type ModelSpec } from "../../steps/nn/model.js";
import { adam } from "../../steps/nn/optimisers/adam.js";
import { BATCH_NORM_EPSILON } from "../../steps/nn/layers/batch-norm.js";
import { scalarArrays, tensorOf } from "../../steps/nn/optimisers/optimiser.js";
import { contrastiveStep } from "../../steps/kinds/train-contrastive/contrastive-step.js";
import { initialState } from "../../steps/nn/net.js";
import { startState } from "../../steps/training/checkpoints.js";

/** Images that a step of each workload takes, or makes. */
export const IMAGES = 512;

/** Work that is done again and again. */
export interface Workload {
  readonly step: (tf: TensorFlow) => StepFunction;
  readonly state: ProgramArrays;
  /** The inputs of a step, from 0: the same images or latents each time. */
  readonly inputs: (at: number) => ProgramArrays;
}

/**
 * - train-conv, train-mlp: an update of SimCLR on 256 pairs of images 28 x 28 x 1, NT-Xent with temperature 0.5, Adam; just
 *   as `train-contrastive` computes it.
 * - features-conv: the same encoder's features of 512 images, as a probe takes them.
 * - sample-mlp: 512 images of a generator as the quickstart's; sample-conv: of one with two transposed convolutions;
 *   sample-dcgan: 32 x 32 x 3 from 64 numbers, by DCGAN's four (Radford et al., 2016).
 */
export const WORKLOADS: Readonly<Record<string, () => Workload>> = {
  "train-conv": () => contrastiveTraining({ layers: [...ENCODER, ...HEAD] }),
  "train-mlp": () => contrastiveTraining(MLP),
  "features-conv": () => evaluation({ layers: ENCODER }, "images", [28, 28, 1]),
  "sample-mlp": () => evaluation(MLP_GENERATOR, "z", [16]),
  "sample-conv": () => evaluation(CONV_GENERATOR, "z", [100]),
  "sample-dcgan": () => evaluation(DCGAN, "z", [64]),
};

/** `images` must be even: the second half are other views of the first. */
export function contrastiveTraining(
  spec: ModelSpec,
  images = IMAGES,
  shape: readonly [number, number, number] = [28, 28, 1],
): Workload {
  const optimiser = adam();
  const initial = initialState(spec, shape, randomStream(0, "weights"));
  const params = Object.keys(initial.params);
  const draws = randomStream(0, "images").at(0);
  const pixels = filled([images, ...shape], () => draws.uniform());
  return {
    step: tf => contrastiveStep(tf, { spec, params, views: 2, temperature: 0.5, optimiser }),
    state: startState(initial, optimiser).arrays,
    inputs: update => ({ pixels, ...scalarArrays(optimiser.scalars(update, 1e-3)) }),
  };
}

/** A forward pass with fixed weights and batch norm's running statistics. */
function evaluation(spec: ModelSpec, name: string, input: readonly number[]): Workload {
  const { params, running } = initialState(spec, input, randomStream(0, "weights"));
  const draws = randomStream(0, "inputs").at(0);
  const x = filled([IMAGES, ...input], () => draws.normal());
  return {
    step: tf => (weights, inputs) => ({
      outputs: { y: forward(tf, spec, new Map(Object.entries(weights)), tensorOf(inputs, name)) },
    }),
    state: { ...params, ...running },
    inputs: () => ({ [name]: x }),
  };
}

function filled(shape: readonly number[], next: () => number): ProgramArray {
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next) };
}

const conv = (filters: number, strides: number): LayerSpec[] => [
  { type: "conv2d", filters, kernel: 3, strides, bias: false },
  { type: "batchNorm", epsilon: BATCH_NORM_EPSILON, activation: "relu" },
];
const ENCODER: readonly LayerSpec[] = [
  ...[...conv(32, 1), ...conv(64, 2), ...conv(128, 2)],
  { type: "globalAveragePool" },
];
const HEAD: readonly LayerSpec[] = [
  { type: "dense", units: 128, activation: "relu" },
  { type: "dense", units: 64 },
];
const MLP: ModelSpec = {
  layers: [
    { type: "flatten" },
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: 128 },
  ],
};

const MLP_GENERATOR: ModelSpec = {
  layers: [
    { type: "dense", units: 256, activation: "relu" },
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: 784, activation: "sigmoid" },
    { type: "reshape", shape: [28, 28, 1] },
  ],
};
const CONV_GENERATOR: ModelSpec = {
  layers: [
    { type: "dense", units: 7 * 7 * 128, activation: "relu" },
    { type: "reshape", shape: [7, 7, 128] },
    { type: "conv2dTranspose", filters: 64, kernel: 4, strides: 2 },
    { type: "batchNorm", activation: "relu" },
    { type: "conv2dTranspose", filters: 1, kernel: 4, strides: 2, activation: "sigmoid" },
  ],
};
const up = (filters: number): LayerSpec[] => [
  { type: "conv2dTranspose", filters, kernel: 4, strides: 2, bias: false },
  { type: "batchNorm", activation: "relu" },
];
const DCGAN: ModelSpec = {
  layers: [
    // A transposed convolution of a single pixel is a dense layer.
    { type: "dense", units: 4 * 4 * 256, bias: false },
    { type: "reshape", shape: [4, 4, 256] },
    { type: "batchNorm", activation: "relu" },
    ...[...up(128), ...up(64)],
    { type: "conv2dTranspose", filters: 3, kernel: 4, strides: 2, activation: "tanh" },
  ],
};
