import type * as tfc from "@tensorflow/tfjs-core";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProgramArrays, ProgramTensors } from "../engine/program.js";
import type { NdArray } from "./arrays.js";
import { sha256 } from "./digest.js";
import {
  cardFile,
  cardJson,
  checkGenerator,
  type GeneratorCard,
  parseGenerator,
  type Prior,
  weightsFile,
} from "./generator-card.js";
import { writeJson } from "./json.js";
import { forward, type Tf } from "./model.js";
import { encodeSafetensors } from "./safetensors.js";

export type { GeneratorCard, Prior } from "./generator-card.js";

/** A generator: its numbers, and how images come of them. On no engine yet. */
export interface Generator {
  /** SHA-256 of its weights: names the generator in what is made with it. */
  readonly digest: string;
  readonly card: GeneratorCard;
  readonly latentDim: number;
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly prior: Prior;
  readonly weights: ProgramArrays;
  /**
   * z [batch, latentDim] -> images [batch, H, W, C] in [0, 1]. Pure: reads nothing but `weights` and `z`, so it may be
   * part of a step function whose state holds the weights. Call it within `tf.tidy`.
   */
  generate(tf: Tf, weights: ProgramTensors, z: tfc.Tensor2D): tfc.Tensor4D;
}

/** A generator whose weights are on an engine; call `generate` within `tf.tidy`. */
export interface PlacedGenerator extends Pick<
  Generator,
  "card" | "digest" | "latentDim" | "imageShape" | "prior"
> {
  generate(z: tfc.Tensor2D): tfc.Tensor4D;
  dispose(): void;
}

/** The artifact in memory, checked, on no engine yet. */
export interface GeneratorFiles {
  readonly card: GeneratorCard;
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** SHA-256 of model.safetensors: names the generator in what is made with it. */
  readonly digest: string;
}

export async function readGenerator(folder: string): Promise<GeneratorFiles> {
  const card = await readFile(join(folder, cardFile));
  const weights = await readFile(join(folder, weightsFile));
  return { ...parseGenerator(card, weights, folder), digest: sha256(weights) };
}

export function openGenerator({ card, tensors, digest }: GeneratorFiles): Generator {
  const [low, high] = card.image.range;
  const shape = card.image.shape;
  const arrays = [...tensors].map(([name, array]) => [name, { ...array, data: float32Of(name, array) }]);
  return {
    digest,
    card,
    latentDim: card.latent.dim,
    imageShape: shape,
    prior: card.latent.prior,
    weights: Object.fromEntries(arrays) as ProgramArrays,
    generate(tf, weights, z) {
      const y = forward(tf, card.model, new Map(Object.entries(weights)), z);
      const images = tf.reshape(y, [z.shape[0], ...shape]);
      return tf.clipByValue(tf.div(tf.sub(images, low), high - low), 0, 1);
    },
  };
}

/** Puts a generator's weights on the engine, to be run operation by operation. */
export function placeGenerator(generator: Generator, tf: Tf): PlacedGenerator {
  const { card, digest, latentDim, imageShape, prior } = generator;
  const placed = Object.entries(generator.weights).map(
    ([name, { shape, data }]) => [name, tf.tensor(data, [...shape])] as const,
  );
  const weights = Object.fromEntries(placed);
  return {
    ...{ card, digest, latentDim, imageShape, prior },
    generate: z => tf.tidy(() => generator.generate(tf, weights, z)),
    dispose: () => tf.dispose(weights),
  };
}

/** Reads and checks the artifact, and puts its weights on the engine. */
export async function loadGenerator(folder: string, tf: Tf): Promise<PlacedGenerator> {
  return placeGenerator(openGenerator(await readGenerator(folder)), tf);
}

/** Writes the artifact; equal content makes equal bytes. */
export async function writeGenerator(
  folder: string,
  card: GeneratorCard,
  tensors: ReadonlyMap<string, NdArray>,
): Promise<void> {
  checkGenerator(card, tensors, folder);
  const weights = encodeSafetensors({ tensors, metadata: { format: "vistas-generator-1" } });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, weightsFile), weights);
  await writeJson(join(folder, cardFile), cardJson(card, weights));
}

function float32Of(name: string, { data }: NdArray): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError(`the weight '${name}' must be float32`);
}
