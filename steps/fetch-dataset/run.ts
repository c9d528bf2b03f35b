import type { JsonObject, StepContext } from "../../runner/step-api.js";
import { elementCount } from "../lib/arrays.js";
import { type ImageSet, writeImages } from "../lib/images.js";
import { fetchPayloads } from "../lib/sources/payloads.js";
import { decodePart, type Part, payloadName } from "./decode.js";
import type { FetchDatasetOptions, PartFiles } from "./options.js";
import { complement, selectImages } from "./select.js";

/**
 * Fetches, verifies, decodes, then chooses: `holdout` is taken out of train first, counts apply to what is left.
 * What is written depends on the payloads and the choice alone, never on the source that happened to serve them, so
 * another mirror changes nothing downstream. Nothing is written before every payload is verified.
 */
export async function run(ctx: StepContext<FetchDatasetOptions>): Promise<void> {
  const options = ctx.with;
  const { files, holdout } = options;
  if (files.test === undefined && holdout === 0)
    throw new Error(
      "there is no test part: name its payload in files.test, or hold images out of train (holdout)",
    );
  const wanted = holdout > 0 ? [files.train] : [files.train, files.test ?? files.train];
  const payloads = await fetchPayloads([options.source].flat(), digestsOf(wanted, options.sha256), {
    project: process.env["VISTAS_PROJECT"] ?? process.cwd(),
    maxBytes: options.maxBytes,
    stallMs: 60_000,
    signal: ctx.signal,
    log: line => ctx.log(line),
    progress: (done, total, note) => ctx.progress(done, total, note),
  });
  const whole = await decodePart(payloads, files.train, options.maxBytes);
  const heldOut = holdout > 0 ? choose(ctx, whole, holdout, "holdout") : undefined;
  const train = heldOut === undefined ? whole : take(whole, complement(whole.count, heldOut));
  const test =
    heldOut === undefined
      ? await decodePart(payloads, files.test ?? files.train, options.maxBytes)
      : take(whole, heldOut);
  const classes = classNames(options, [whole, test]);
  const testFiles = heldOut === undefined ? (files.test ?? files.train) : files.train;
  await write(ctx, "train", counted(ctx, train, options.trainCount, "train"), classes, files.train);
  await write(ctx, "test", counted(ctx, test, options.testCount, "test"), classes, testFiles);
}

/** The digests of the payloads that the parts need, and no others: with a hold-out the test set is not touched. */
function digestsOf(
  parts: readonly PartFiles[],
  sha256: FetchDatasetOptions["sha256"],
): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const reference of parts.flatMap(part => [part.images, part.labels ?? part.images])) {
    const name = payloadName(reference);
    const digest = sha256[name];
    if (digest === undefined) throw new Error(`'files' names ${name}: its sha256 is missing`);
    digests[name] = digest.toLowerCase();
  }
  return digests;
}

/** The rows that a count keeps; 0 keeps all. */
function counted(ctx: StepContext<FetchDatasetOptions>, part: Part, count: number, stream: string): Part {
  return count === 0 || count === part.count ? part : take(part, choose(ctx, part, count, stream));
}

function choose(
  ctx: StepContext<FetchDatasetOptions>,
  part: Part,
  count: number,
  stream: string,
): Int32Array {
  const { balanced, choose: how } = ctx.with;
  // Images held out are always drawn by chance: the first of a sorted file would not speak for the rest.
  const random = how === "random" || stream === "holdout" ? ctx.random(stream) : undefined;
  try {
    return selectImages(part.count, count, balanced ? part.labels : undefined, random);
  } catch (error) {
    throw new Error(`${stream}: ${(error as Error).message}`, { cause: error });
  }
}

function take(part: Part, rows: Int32Array): Part {
  const pixels = elementCount(part.shape);
  const images = new Uint8Array(rows.length * pixels);
  rows.forEach((row, i) => images.set(part.images.subarray(row * pixels, (row + 1) * pixels), i * pixels));
  const { labels } = part;
  const taken = { ...part, count: rows.length, images };
  return labels === undefined ? taken : { ...taken, labels: rows.map(row => labels[row] ?? 0) };
}

function classNames({ classes }: FetchDatasetOptions, parts: readonly Part[]): readonly string[] {
  const [train, test] = parts.map(part => part.folders);
  if (train?.join("/") !== test?.join("/"))
    throw new Error(`train has the classes ${train?.join(", ") ?? ""}; test has ${test?.join(", ") ?? ""}`);
  if (classes.length > 0) return classes;
  if (train !== undefined && train.length > 0) return train;
  const highest = parts.reduce((top, { labels }) => labels?.reduce((a, b) => Math.max(a, b), top) ?? top, -1);
  return Array.from({ length: highest + 1 }, (_, label) => String(label));
}

async function write(
  ctx: StepContext<FetchDatasetOptions>,
  name: "train" | "test",
  part: Part,
  classes: readonly string[],
  files: PartFiles,
): Promise<void> {
  const { dataset, licence, sha256 } = ctx.with;
  const facts: JsonObject = { dataset, licence, part: name, payloads: digestsOf([files], sha256) };
  const { count, shape, images, labels } = part;
  const set: ImageSet = { count, shape, images, classes: labels === undefined ? [] : classes, facts };
  await writeImages(ctx.outputs[name] ?? "", labels === undefined ? set : { ...set, labels });
  ctx.metric(`${name}.images`, count);
  ctx.log(`${name}: ${count} images of ${shape.join(" x ")}`);
}
