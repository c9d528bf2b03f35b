import type * as tfc from "@tensorflow/tfjs-core";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
import { forward, loadWeights, type Tf } from "./model.js";
import { encodeSafetensors } from "./safetensors.js";

export type { GeneratorCard, Prior } from "./generator-card.js";

/** A generator ready to run. */
export interface Generator {
  readonly card: GeneratorCard;
  readonly digest: string;
  readonly latentDim: number;
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly prior: Prior;
  /** z [batch, latentDim] -> images [batch, H, W, C] in [0, 1]. Call it within `tf.tidy`. */
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

/** Puts a generator's weights on the engine. */
export function openGenerator({ card, tensors, digest }: GeneratorFiles, tf: Tf): Generator {
  const weights = loadWeights(tf, tensors);
  const [low, high] = card.image.range;
  const shape = card.image.shape;
  return {
    card,
    digest,
    latentDim: card.latent.dim,
    imageShape: shape,
    prior: card.latent.prior,
    generate: z =>
      tf.tidy(() => {
        const y = tf.reshape(forward(tf, card.model, weights, z), [z.shape[0], ...shape]);
        return tf.clipByValue(tf.div(tf.sub(y, low), high - low), 0, 1);
      }),
    dispose: () => tf.dispose([...weights.values()]),
  };
}

/** Reads and checks the artifact, and puts its weights on the engine. */
export async function loadGenerator(folder: string, tf: Tf): Promise<Generator> {
  return openGenerator(await readGenerator(folder), tf);
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
