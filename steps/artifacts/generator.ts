import type * as tfc from "@tensorflow/tfjs-core";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProgramArrays, ProgramTensors } from "../engine/types.js";
import type { NdArray } from "../formats/arrays.js";
import { sha256 } from "../formats/digest.js";
import { type AnyCard, cardFile, cardJson, checkGenerator, type GeneratorCard, isForeign, parseCard, parseGenerator, weightsFile } from "./generator-card.js";
import type { ForeignModel } from "../foreign/foreign-model.js";
import type { Prior } from "../nn/latents.js";
import { parseJson, writeJson } from "../formats/json.js";
import type { TensorFlow } from "../engine/types.js";
import { layerNetwork, type ModelFile, type Network } from "../nn/network.js";
import { encodeSafetensors } from "../formats/safetensors.js";
import { payloadDigest } from "../sources/payload-digest.js";

export type { GeneratorCard } from "./generator-card.js";
export type { Prior } from "../nn/latents.js";

/** A generator: its numbers, and how images come of them. On no engine yet. */
export interface Generator {
  /** SHA-256 of its weights: names the generator in what is made with it. */
  readonly digest: string;
  readonly card: AnyCard;
  readonly latentDim: number;
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly prior: Prior;
  /** Class names of a class-conditional generator; none of any other. */
  readonly classes: readonly string[];
  readonly weights: ProgramArrays;
  /** Rows that `generate` takes, neither more nor fewer; 0: any number. `generatorProgram` takes any. */
  readonly batch: number;
  /** The model's file, for engines that run such files as they stand. */
  readonly file?: ModelFile;
  /** Ends of a uniform prior. */
  readonly priorRange?: readonly [low: number, high: number];
  /**
   * z [batch, latentDim] -> images [batch, H, W, C] in [0, 1]. Where there are classes, each row of z goes on with its
   * class as a one-hot vector: [batch, latentDim + classes]. Pure: reads nothing but `weights` and `z`, so it may be
   * part of a step function whose state holds the weights. Call it within `tf.tidy`.
   */
  generate(tf: TensorFlow, weights: ProgramTensors, z: tfc.Tensor2D): tfc.Tensor4D;
}

/** The artifact in memory, checked, on no engine yet. */
export interface GeneratorFiles {
  readonly card: AnyCard;
  readonly network: Network;
  /** SHA-256 of the weights, or of the foreign model: names the generator in what is made with it. */
  readonly digest: string;
}

export async function readGenerator(folder: string): Promise<GeneratorFiles> {
  const at = join(folder, cardFile);
  const bytes = await readFile(at);
  const card = parseCard(parseJson(bytes.toString("utf8"), at), at);
  const { model } = card;
  if (isForeign(model)) {
    const files = await readForeign(folder, model);
    const digest = payloadDigest(model.files.length === 1 ? single(files) : files);
    const { graphNetwork, readGraph } = await import("../foreign/index.js");
    return {
      card,
      digest,
      network: graphNetwork(readGraph(model, files, folder), { ...card, model }, files),
    };
  }
  const weights = await readFile(join(folder, weightsFile));
  const { tensors } = parseGenerator(bytes, weights, folder);
  return { card, digest: sha256(weights), network: layerNetwork(model, tensors) };
}

export function openGenerator({ card, network, digest }: GeneratorFiles): Generator {
  const [low, high] = card.image.range;
  const shape = card.image.shape;
  return {
    card,
    digest,
    latentDim: card.latent.dim,
    imageShape: shape,
    prior: card.latent.prior,
    classes: card.classes ?? [],
    get weights() {
      return network.weights;
    },
    batch: isForeign(card.model) ? card.model.batch : 0,
    ...(network.file && { file: network.file }),
    ...(card.latent.range && { priorRange: card.latent.range }),
    generate(tf, weights, z) {
      const y = tf.reshape(network.run(tf, weights, z), [z.shape[0], ...shape]);
      return tf.clipByValue(tf.div(tf.sub(y, low), high - low), 0, 1);
    },
  };
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

async function readForeign(folder: string, { files }: ForeignModel): Promise<Map<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const { path, sha256: expected } of files) {
    const bytes = await readFile(join(folder, path));
    const actual = sha256(bytes);
    if (actual !== expected)
      throw new Error(`${join(folder, path)} has sha256 ${actual}, its card states ${expected}`);
    read.set(path, bytes);
  }
  return read;
}

function single(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const [[, bytes] = []] = files;
  return bytes ?? new Uint8Array();
}
