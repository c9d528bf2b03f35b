import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StepContext } from "../../../runner/step-api.js";
import { elementCount } from "../../formats/arrays.js";
import {
  type AnyCard,
  cardFile,
  cardJson,
  parseGenerator,
  weightsFile,
} from "../../artifacts/generator-card.js";
import { writeJson } from "../../formats/json.js";
import { fetchPayloads } from "../../sources/payloads.js";
import { describe } from "./foreign.js";
import { type File, modelFiles, placeOf } from "./format.js";
import type { FetchGeneratorOptions } from "./fetch-options.js";

/**
 * Fetches a model's files, verifies each, checks that they make up a generator, and writes them as they came, beside
 * a card. A model is data here: nothing of it is executed but operators of the table or of onnxruntime.
 */
export async function run(ctx: StepContext<FetchGeneratorOptions>): Promise<void> {
  const { source, sha256, maxBytes } = ctx.with;
  const payloads = await fetchPayloads([source].flat(), sha256, {
    project: process.env["VISTAS_PROJECT"] ?? process.cwd(),
    maxBytes,
    stallMs: 60_000,
    signal: ctx.signal,
    log: line => ctx.log(line),
    progress: (done, total, note) => ctx.progress(done, total, note),
  });
  const model = modelFiles(payloads);
  const folder = ctx.outputs["model"] ?? "";
  if (model.format === "vistas") {
    refuseOptions(ctx.with);
    const { card, tensors } = parseGenerator(model.card.bytes, model.weights.bytes, "the fetched model");
    await write(folder, [
      { name: weightsFile, bytes: model.weights.bytes },
      { name: cardFile, bytes: model.card.bytes },
    ]);
    const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
    report(ctx, card, model.weights.bytes.length, parameters);
    return;
  }
  const files = [model.main, ...model.more];
  const { card, parameters } = await describe(model, ctx.with, ctx);
  await write(
    folder,
    files.map(file => ({ ...file, name: placeOf(file) })),
  );
  await writeJson(join(folder, cardFile), cardJson(card));
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  report(ctx, card, bytes, parameters);
}

/** Plain files, whatever modes they had where they came from: nothing that is fetched can be executed. */
async function write(folder: string, files: readonly File[]): Promise<void> {
  for (const { name, bytes } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes, { mode: 0o644 });
  }
}

function report(
  ctx: StepContext<FetchGeneratorOptions>,
  { family, latent, image, classes = [] }: AnyCard,
  bytes: number,
  parameters: number,
): void {
  ctx.metric("bytes", bytes);
  ctx.metric("parameters", parameters);
  const label = classes.length === 0 ? "" : `, one of ${classes.length} classes`;
  ctx.log(`${family}: z [${latent.dim}]${label} -> [${image.shape.join(", ")}], ${parameters} numbers`);
}

/** A card of our own says all of it. */
function refuseOptions({ latent, image, output, inputs, classes }: FetchGeneratorOptions): void {
  const given = Object.entries({ latent, image, output, inputs, classes }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length > 0)
    throw new Error(
      `leave out ${given.join(", ")}: the model's own model.json says what it takes and puts out`,
    );
}
