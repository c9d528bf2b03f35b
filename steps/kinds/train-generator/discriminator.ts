import type { ProgramTensors, Tensor, Tensor2D, TensorFlow } from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import { tensorOf } from "../../nn/optimisers/optimiser.js";
import { spectralNorm } from "../../nn/spectral-norm.js";
import { trainForward, under } from "../../nn/net.js";
import { inferenceLayers } from "./generator-architecture.js";
import type { GeneratorOptions } from "./generator-options.js";

/** The discriminator's weights in the state, and beside each kernel the vector of its power iteration. */
export const discriminatorPrefix = "discriminator.";
export const vectorPrefix = "singular/";

/** Image [H, W, C] -> [1 + classes] scores. */
export function discriminatorLayers(options: GeneratorOptions, classes: number): ModelSpec {
  const { normalisation, ...own } = options.adversarial;
  const { architecture, hidden, channels } = { ...options, ...own };
  const shape = { architecture, hidden, channels };
  return inferenceLayers(shape, 1 + classes, "leakyRelu", normalisation === "batch");
}

/** The scores that the discriminator gives a batch. */
export interface Judgement {
  /** [N]: how real each image is, or, with classes, how real an image of its class. */
  readonly scores: Tensor;
  /** What else of the state changes: vectors after one more step of power iteration, or batch norm's statistics. */
  readonly aux: ProgramTensors;
}

/**
 * Scores of images `x` [N, H, W, C], of the classes `y` [N, classes], one-hot, if any. With classes it is the
 * projection discriminator (Miyato & Koyama, "cGANs with Projection Discriminator", ICLR 2018): with h the features
 * before the last layer, the score is w . h + v_y . h + b_y; the columns of the last kernel are w and the v_y.
 * Real and made images must come in batches of their own: the statistics of a mixture would give the made ones away.
 */
export function discriminate(
  tf: TensorFlow,
  spec: ModelSpec,
  state: ProgramTensors,
  x: Tensor,
  y?: Tensor2D,
): Judgement {
  const { kernels, vectors } = normalised(tf, state);
  const { y: scores, running } = trainForward(tf, spec, { ...state, ...kernels }, x, discriminatorPrefix);
  const aux = { ...running, ...vectors };
  const [images = 0, width = 0] = scores.shape;
  const plain = tf.reshape(tf.slice(scores, [0, 0], [images, 1]), [images]);
  if (y === undefined) return { scores: plain, aux };
  const ofClass = tf.sum(tf.mul(tf.slice(scores, [0, 1], [images, width - 1]), y), 1);
  return { scores: tf.add(plain, ofClass), aux };
}

/** The kernels that the state has vectors for, divided by their spectral norms. */
function normalised(
  tf: TensorFlow,
  state: ProgramTensors,
): { readonly kernels: ProgramTensors; readonly vectors: ProgramTensors } {
  const kernels: Record<string, Tensor> = {};
  const vectors: Record<string, Tensor> = {};
  for (const [name, vector] of Object.entries(under(state, vectorPrefix))) {
    const norm = spectralNorm(tf, tensorOf(state, name), vector);
    kernels[name] = norm.kernel;
    vectors[vectorPrefix + name] = norm.vector;
  }
  return { kernels, vectors };
}
