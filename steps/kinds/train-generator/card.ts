import type { Device, JsonObject } from "../../../runner/step-api.js";
import type { GeneratorCard } from "../../artifacts/generator.js";
import type { ImageFile } from "../../artifacts/images.js";
import { openEngine, type ProgramArray, type ProgramArrays, type Tensor } from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import { trainForward } from "../../nn/net.js";
import type { GeneratorOptions } from "./generator-options.js";
import { latentRows, type Latents } from "./latent-noise.js";
import type { Quality } from "./quality/quality.js";

/** The card of a generator that was trained on `data`; `classes`: those that it takes. */
export function card(
  options: GeneratorOptions,
  model: ModelSpec,
  data: ImageFile,
  classes: readonly string[],
  quality: Quality | Record<string, never> = {},
): GeneratorCard {
  const provenance: Record<string, JsonObject[string]> = { images: data.count };
  for (const fact of ["dataset", "licence", "part", "payloads"])
    if (data.facts[fact] !== undefined) provenance[fact] = data.facts[fact];
  return {
    family: options.family,
    latent: { dim: options.latentDim, prior: "normal" },
    ...(classes.length > 0 && { classes }),
    image: { shape: data.shape, range: [0, 1] },
    model,
    recipe: { ...recipe(options), ...quality },
    provenance,
  };
}

/** The options that had a part in the result. */
function recipe(options: GeneratorOptions): JsonObject {
  const { family, architecture, hidden, channels, beta, adversarial, updates, batch, seed, optimiser } =
    options;
  const { momentum, ...adam } = optimiser;
  return {
    architecture,
    hidden,
    ...(architecture === "conv" ? { channels } : {}),
    ...(family === "vae" ? { beta } : { adversarial }),
    updates,
    batch,
    seed,
    optimiser: optimiser.kind === "sgd" ? { ...adam, momentum } : adam,
  };
}

/**
 * Batch norm's statistics for inference, measured anew on latents of the prior: averaged weights never saw a batch of
 * their own ("standing statistics", Brock et al., "Large Scale GAN Training", ICLR 2019, appendix B). With them an
 * image depends on its latent alone. `weights` are the generator's, statistics among them, whose values do not
 * matter; returned are the measured ones, means over `batches` batches of `size`, by name.
 */
export async function standingStatistics(
  device: Device,
  spec: ModelSpec,
  weights: ProgramArrays,
  latents: Latents,
): Promise<ProgramArrays> {
  const engine = await openEngine(device);
  try {
    const program = engine.program((state, { z }) => {
      const { running } = trainForward(engine.tf, spec, state, z as Tensor, "", 1);
      return { outputs: running };
    }, weights);
    const sums = new Map<string, Float64Array>();
    for (let batch = 0; batch < batches; batch++) {
      const measured = await program.run({ z: latentRows(latents, batch * size, size) });
      for (const [name, { data }] of Object.entries(measured)) {
        const sum = sums.get(name) ?? new Float64Array(data.length);
        for (const [i, value] of data.entries()) sum[i] = (sum[i] ?? 0) + value / batches;
        sums.set(name, sum);
      }
    }
    const means = [...sums].map(([name, sum]): [string, ProgramArray] => [
      name,
      { shape: [sum.length], data: Float32Array.from(sum) },
    ]);
    return Object.fromEntries(means);
  } finally {
    engine.dispose();
  }
}

const batches = 16;
const size = 256;
