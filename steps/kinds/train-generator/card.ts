import type { JsonObject } from "../../../runner/step-api.js";
import type { GeneratorCard } from "../../artifacts/generator.js";
import type { ImageFile } from "../../artifacts/images.js";
import type { ModelSpec } from "../../nn/model.js";
import type { GeneratorOptions } from "./generator-options.js";
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
