import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StepContext } from "../../runner/step-api.js";
import { elementCount } from "../lib/arrays.js";
import { cardFile, parseGenerator, weightsFile } from "../lib/generator-card.js";
import { fetchPayloads } from "../lib/sources/payloads.js";
import type { FetchGeneratorOptions } from "./index.js";

/**
 * Fetches the weights and the card, verifies both, checks that the weights fit the layer list and the layers the
 * image, and writes the files as they came. A model is data here: nothing of it is executed.
 * Does not: take ONNX or TensorFlow.js models yet; the error says so.
 */
export async function run(ctx: StepContext<FetchGeneratorOptions>): Promise<void> {
  const { source, sha256, maxBytes } = ctx.with;
  const { weights: weightsName, card: cardName } = fileNames(Object.keys(sha256));
  const payloads = await fetchPayloads([source].flat(), sha256, {
    project: process.env["VISTAS_PROJECT"] ?? process.cwd(),
    maxBytes,
    stallMs: 60_000,
    signal: ctx.signal,
    log: line => ctx.log(line),
    progress: (done, total, note) => ctx.progress(done, total, note),
  });
  const [weights, card] = [payloads.get(weightsName), payloads.get(cardName)];
  if (!(weights instanceof Uint8Array) || !(card instanceof Uint8Array))
    throw new Error(`${weightsName} and ${cardName} must be files, not folders`);
  refuseTfjs(card, cardName);
  const { card: parsed, tensors } = parseGenerator(card, weights, "the fetched model");
  const folder = ctx.outputs["model"] ?? "";
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, weightsFile), weights);
  await writeFile(join(folder, cardFile), card);
  const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  ctx.metric("bytes", weights.length);
  ctx.metric("parameters", parameters);
  ctx.log(
    `${parsed.family}: z [${parsed.latent.dim}] -> [${parsed.image.shape.join(", ")}], ${parameters} numbers`,
  );
}

const notYet = "are not supported yet: give safetensors weights with a model.json (format 1) beside them";

function fileNames(names: readonly string[]): { readonly weights: string; readonly card: string } {
  const onnx = names.find(name => /\.onnx$/i.test(name));
  if (onnx !== undefined) throw new Error(`${onnx}: ONNX models ${notYet}`);
  const shard = names.find(name => /\.bin$/i.test(name));
  if (shard !== undefined) throw new Error(`${shard}: TensorFlow.js models ${notYet}`);
  const [weights, ...moreWeights] = names.filter(name => name.endsWith(".safetensors"));
  const [card, ...moreCards] = names.filter(name => name.endsWith(".json"));
  if (weights === undefined || card === undefined || moreWeights.length + moreCards.length > 0)
    throw new Error(
      `sha256 must name two files, NAME.safetensors and NAME.json, and names ${names.join(", ")}`,
    );
  return { weights, card };
}

/** A TensorFlow.js model.json is told by its own fields, before it is called a damaged card of ours. */
function refuseTfjs(card: Uint8Array, name: string): void {
  const text = Buffer.from(card).toString("utf8");
  if (/"(modelTopology|weightsManifest)"\s*:/.test(text))
    throw new Error(`${name}: TensorFlow.js models ${notYet}`);
}
