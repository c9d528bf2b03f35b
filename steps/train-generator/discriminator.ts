import type { ProgramTensors, Tensor, Tensor2D, TensorFlow } from "../engine/index.js";
import { forward, type ModelSpec } from "../lib/model.js";
import { tensorOf } from "../nn/optimiser.js";
import { spectralNorm } from "../nn/spectral-norm.js";
import { under } from "../training/net.js";
import { inferenceLayers } from "./architecture.js";
import type { GeneratorOptions } from "./options.js";

/** The discriminator's weights in the state, and beside each kernel the vector of its power iteration. */
export const discriminatorPrefix = "discriminator.";
export const vectorPrefix = "singular/";

/** Image [H, W, C] -> [1 + classes] scores; no batch norm, which would let one image see the others. */
export function discriminatorLayers(options: GeneratorOptions, classes: number): ModelSpec {
  return inferenceLayers(options, 1 + classes, "leakyRelu");
}

/** What the discriminator thinks of a batch. */
export interface Judgement {
  /** [N]: how real each image is, or, with classes, how real an image of its class. */
  readonly scores: Tensor;
  /** The state's vectors after one more step of power iteration; none without spectral norm. */
  readonly vectors: ProgramTensors;
}

/**
 * Scores of images `x` [N, H, W, C], of the classes `y` [N, classes], one-hot, if any. With classes it is the
 * projection discriminator (Miyato & Koyama, "cGANs with Projection Discriminator", ICLR 2018): with h the features
 * before the last layer, the score is w . h + v_y . h + b_y; the columns of the last kernel are w and the v_y.
 */
export function discriminate(
  tf: TensorFlow,
  spec: ModelSpec,
  state: ProgramTensors,
  x: Tensor,
  y?: Tensor2D,
): Judgement {
  const { weights, vectors } = normalised(tf, state);
  const scores = forward(tf, spec, weights, x) as Tensor2D;
  const [images, width] = scores.shape;
  const plain = tf.reshape(tf.slice(scores, [0, 0], [images, 1]), [images]);
  if (y === undefined) return { scores: plain, vectors };
  const ofClass = tf.sum(tf.mul(tf.slice(scores, [0, 1], [images, width - 1]), y), 1);
  return { scores: tf.add(plain, ofClass), vectors };
}

/** The discriminator's weights by layer name, divided by their spectral norms where the state has vectors for them. */
function normalised(
  tf: TensorFlow,
  state: ProgramTensors,
): { readonly weights: Map<string, Tensor>; readonly vectors: ProgramTensors } {
  const weights = new Map(Object.entries(under(state, discriminatorPrefix)));
  const vectors: Record<string, Tensor> = {};
  for (const [name, vector] of Object.entries(under(state, vectorPrefix + discriminatorPrefix))) {
    const kernel = tensorOf(state, discriminatorPrefix + name);
    const norm = spectralNorm(tf, kernel, vector);
    weights.set(name, norm.kernel);
    vectors[vectorPrefix + discriminatorPrefix + name] = norm.vector;
  }
  return { weights, vectors };
}
