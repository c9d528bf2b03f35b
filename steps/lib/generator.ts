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
  /** SHA-256 of model.safetensors: names the generator in what is made with it. */
  readonly digest: string;
  readonly latentDim: number;
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly prior: Prior;
  /** z [batch, latentDim] -> images [batch, H, W, C] in [0, 1]. Call it within `tf.tidy`. */
  generate(z: tfc.Tensor2D): tfc.Tensor4D;
  dispose(): void;
}

/** Reads and checks the artifact, and puts its weights on the engine. */
export async function loadGenerator(folder: string, tf: Tf): Promise<Generator> {
  const card = await readFile(join(folder, cardFile));
  const weightBytes = await readFile(join(folder, weightsFile));
  const { card: parsed, tensors } = parseGenerator(card, weightBytes, folder);
  const weights = loadWeights(tf, tensors);
  const [low, high] = parsed.image.range;
  const shape = parsed.image.shape;
  return {
    card: parsed,
    digest: sha256(weightBytes),
    latentDim: parsed.latent.dim,
    imageShape: shape,
    prior: parsed.latent.prior,
    generate: z =>
      tf.tidy(() => {
        const y = tf.reshape(forward(tf, parsed.model, weights, z), [z.shape[0], ...shape]);
        return tf.clipByValue(tf.div(tf.sub(y, low), high - low), 0, 1);
      }),
    dispose: () => tf.dispose([...weights.values()]),
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
