import { join } from "node:path";
import { randomStream } from "../../runner/step-api.js";
import type { NdArray } from "../../steps/formats/arrays.js";
import { type GeneratorCard, writeGenerator } from "../../steps/artifacts/generator.js";
import { modelShapes, type ModelSpec } from "../../steps/nn/model.js";
import { tempFolder } from "./temp.js";

/** A small perceptron, z [4] -> 6 x 5 x 1: fast on every backend. */
export const mlpModel: ModelSpec = {
  layers: [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 30, activation: "sigmoid" },
    { type: "reshape", shape: [6, 5, 1] },
  ],
};

/** A small DCGAN, z [8] -> 12 x 12 x 1, values in [-1, 1]: every kind of layer that generators are made of. */
export const dcganModel: ModelSpec = {
  layers: [
    { type: "dense", units: 3 * 3 * 8, bias: false },
    { type: "batchNorm", activation: "relu" },
    { type: "reshape", shape: [3, 3, 8] },
    { type: "conv2dTranspose", filters: 6, kernel: 4, strides: 2, bias: false },
    { type: "batchNorm", epsilon: 1e-5 },
    { type: "activation", activation: "leakyRelu" },
    { type: "upsample", factor: 2 },
    { type: "conv2d", filters: 1, kernel: 3, activation: "tanh" },
  ],
};

/** Random weights of the right shapes; batchNorm's variance is positive. */
export function randomWeights(model: ModelSpec, input: readonly number[], seed = 0): Map<string, NdArray> {
  const tensors = new Map<string, NdArray>();
  for (const [name, { shape }] of modelShapes(model, input).weights) {
    const draws = randomStream(seed, name).at(0);
    const count = shape.reduce((a, b) => a * b, 1);
    const fan = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const value = name.endsWith("variance")
      ? (): number => 0.5 + draws.uniform()
      : (): number => draws.normal() / Math.sqrt(fan);
    tensors.set(name, { dtype: "f4", shape, data: Float32Array.from({ length: count }, value) });
  }
  return tensors;
}

export function mlpCard(change: Partial<GeneratorCard> = {}): GeneratorCard {
  return {
    family: "vae",
    latent: { dim: 4, prior: "normal" },
    image: { shape: [6, 5, 1], range: [0, 1] },
    model: mlpModel,
    recipe: {},
    provenance: {},
    ...change,
  };
}

export function dcganCard(): GeneratorCard {
  return mlpCard({
    family: "dcgan",
    latent: { dim: 8, prior: "normal" },
    image: { shape: [12, 12, 1], range: [-1, 1] },
    model: dcganModel,
  });
}

/** Writes a generator with random weights; returns its folder. */
export async function writeRandomGenerator(card = mlpCard(), seed = 0): Promise<string> {
  const folder = join(tempFolder(), "model");
  const width = card.latent.dim + (card.classes?.length ?? 0);
  await writeGenerator(folder, card, randomWeights(card.model, [width], seed));
  return folder;
}
