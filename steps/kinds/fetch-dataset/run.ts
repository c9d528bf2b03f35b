import type { JsonObject, StepContext } from "../../../runner/step-api.js";
import { elementCount, sameShape, shapeText } from "../../formats/arrays.js";
import { type ImageSet, writeImages } from "../../artifacts/images.js";
import { fetchPayloads } from "../../sources/payloads.js";
import { nameClasses } from "./classes.js";
import { decodePart, payloadName } from "./decode-payloads.js";
import { countDuplicates, type Part, type RawPart } from "./part.js";
import type { FetchDatasetOptions, PartFiles } from "./dataset-options.js";
import { complement, holdOut, selectImages } from "./select.js";

/**
 * Fetches, verifies, decodes, names the classes, then chooses: `holdout` is taken out of train first, counts apply to what is left.
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
  const decoded: RawPart[] = [];
  for (const part of wanted) decoded.push(await decodePart(payloads, part, options, ctx));
  checkAlike(decoded);
  const { classes, parts } = nameClasses(options.classes, decoded, line => ctx.log(line));
  const [whole, given] = parts;
  if (whole === undefined) throw new Error("Internal error: a data set without parts.");
  const heldOut = given === undefined ? hold(ctx, whole) : undefined;
  const left = heldOut === undefined ? whole : take(whole, complement(whole.count, heldOut));
  const train = counted(ctx, left, options.trainCount, "train");
  const rest = heldOut === undefined ? (given ?? whole) : take(whole, heldOut);
  const test = counted(ctx, rest, options.testCount, "test");
  reportAbsent(ctx, classes, train, test);
  const duplicates = countDuplicates(train, test);
  await write(ctx, "train", train, classes, files.train);
  await write(ctx, "test", test, classes, wanted.at(-1) ?? files.train);
  ctx.metric("duplicates", duplicates);
  if (duplicates > 0)
    ctx.log(
      `${duplicates} of ${test.count} test images are also in train, pixel by pixel: they are no test of what was learned`,
    );
}

/** Throws unless the images of both parts have one size and as many channels. */
function checkAlike([train, test]: readonly RawPart[]): void {
  if (train === undefined || test === undefined || sameShape(train.shape, test.shape)) return;
  const [height, width, channels] = train.shape;
  const size =
    height === test.shape[0] && width === test.shape[1]
      ? []
      : [`resize: ${height === width ? height : `[${height}, ${width}]`}`];
  const remedies = [...size, ...(channels === test.shape[2] ? [] : ["channels: 3 (or 1)"])];
  throw new Error(
    `train images are ${shapeText(train.shape)}, test images ${shapeText(test.shape)}. To make them alike: ${remedies.join(", ")}`,
  );
}

/** A class that has no image left cannot be learned; one that train lacks can never be right. */
function reportAbsent(
  ctx: StepContext<FetchDatasetOptions>,
  classes: readonly string[],
  train: Part,
  test: Part,
): void {
  for (const [name, { labels }] of [
    ["train", train],
    ["test", test],
  ] as const) {
    const present = new Set(labels);
    const absent = labels === undefined ? [] : classes.filter((_, label) => !present.has(label));
    if (absent.length > 0) ctx.log(`${name} has no images of the classes ${absent.join(", ")}`);
  }
}

function hold(ctx: StepContext<FetchDatasetOptions>, whole: Part): Int32Array {
  try {
    // By chance whatever `choose` says: the first of a sorted file would not speak for the rest.
    return holdOut(whole.count, ctx.with.holdout, whole.labels, ctx.random("holdout"));
  } catch (error) {
    throw new Error(`holdout: ${(error as Error).message}`, { cause: error });
  }
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
  const random = how === "random" ? ctx.random(stream) : undefined;
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
