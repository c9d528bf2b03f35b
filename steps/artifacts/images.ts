import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../runner/step-api.js";
import { elementCount, type NdArray, shapeText, toInt32 } from "../formats/arrays.js";
import { sha256 } from "../formats/digest.js";
import { readJson, writeJson } from "../formats/json.js";
import { npyItems } from "../formats/npy-items.js";
import { readNpy, writeNpy } from "../formats/npy.js";
import { writeGrid } from "../formats/pictures/png.js";

/**
 * The "images" artifact: a folder that NumPy and any viewer can read.
 *
 *   images.npy   uint8 [N, H, W, C]
 *   labels.npy   uint8 or int32 [N], class index; only when labelled
 *   data.json    what the images are: name, classes, licence, count, shape, sha256 of the arrays' files
 *   grid.png     the first 64
 *
 * Nothing in it depends on when, where or from which mirror it was made, so that equal data make equal bytes.
 */
export interface ImageSet {
  readonly count: number;
  readonly shape: readonly [height: number, width: number, channels: number];
  /** [N, H, W, C] */
  readonly images: Uint8Array;
  /** [N], each in [0, classes.length) */
  readonly labels?: Int32Array;
  /** Class names; empty when not labelled. */
  readonly classes: readonly string[];
  /** Further facts for data.json: dataset, licence, payload digests. */
  readonly facts: JsonObject;
}

export async function writeImages(folder: string, set: ImageSet): Promise<void> {
  check(set);
  const { count, shape, images, labels, classes, facts } = set;
  if (elementCount([count, ...shape]) !== images.length)
    throw new Error(`${folder}: ${images.length} bytes are not ${shapeText([count, ...shape])}`);
  await mkdir(folder, { recursive: true });
  await writeNpy(join(folder, "images.npy"), { dtype: "u1", shape: [count, ...shape], data: images });
  if (labels !== undefined) await writeNpy(join(folder, "labels.npy"), labelArray(labels, classes.length));
  const digests: Record<string, string> = {};
  for (const name of labels === undefined ? ["images.npy"] : ["images.npy", "labels.npy"])
    digests[name] = sha256(await readFile(join(folder, name)));
  await writeJson(join(folder, "data.json"), {
    ...facts,
    format: 1,
    kind: "images",
    count,
    shape,
    labelled: labels !== undefined,
    classes,
    sha256: digests,
  });
  const shown = images.subarray(0, Math.min(64, count) * elementCount(shape));
  await writeGrid(join(folder, "grid.png"), shown, shape, { columns: 8, zoom: zoomFor(shape) });
}

/** The artifact with its pictures on the disk. */
export interface ImageFile extends Omit<ImageSet, "images"> {
  /** The pictures of these numbers, one after another: [indices.length, H, W, C]. */
  readonly pick: (indices: ArrayLike<number>) => Uint8Array;
}

/** Opens the artifact; throws when its parts do not fit each other. */
export async function openImages(folder: string): Promise<ImageFile> {
  const facts = await readJson(join(folder, "data.json"));
  if (facts["format"] !== 1 || facts["kind"] !== "images")
    throw new Error("data.json of the images describes no images of format 1");
  const pictures = npyItems(join(folder, "images.npy"));
  const [count = 0, height = 0, width = 0, channels] = pictures.shape;
  if (pictures.stored !== "uint8" || pictures.shape.length !== 4 || channels === undefined)
    throw new Error(
      `images.npy of the images must be uint8 [N, H, W, C], not ${pictures.stored} ${shapeText(pictures.shape)}`,
    );
  const shape = [height, width, channels] as const;
  const classes = facts["classes"];
  const set = {
    ...{ count, shape, facts },
    classes: Array.isArray(classes) ? classes.map(String) : [],
    pick: (indices: ArrayLike<number>) => pictures.pick(indices, elementCount(shape)) as Uint8Array,
  };
  const labelled = facts["labelled"] === true;
  const labels = labelled ? toInt32((await readNpy(join(folder, "labels.npy"))).data) : undefined;
  const whole = labels === undefined ? set : { ...set, labels };
  check(whole);
  return whole;
}

/** Reads the artifact whole. */
export async function readImages(folder: string): Promise<ImageSet> {
  const { pick, ...set } = await openImages(folder);
  return { ...set, images: pick(range(0, set.count)) };
}

/** The whole numbers from `from` (included) to `to` (excluded). */
export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Zoom at which small images can be looked at. */
export function zoomFor(shape: readonly [height: number, width: number, channels: number]): number {
  return Math.max(1, Math.floor(64 / Math.max(shape[0], shape[1], 1)));
}

/** Messages name no path: it would be the store's own, which no user knows. */
function check({ count, labels, classes }: Omit<ImageSet, "images">): void {
  if (count === 0) throw new Error("there are no images");
  if (labels === undefined) return;
  if (labels.length !== count) throw new Error(`there are ${count} images, but ${labels.length} labels`);
  const wrong = labels.findIndex(label => label < 0 || label >= classes.length);
  if (wrong >= 0)
    throw new Error(
      `label ${labels[wrong] ?? 0} of image ${wrong} is none of the ${classes.length} classes (${classes.join(", ")})`,
    );
}

/** Labels as they are stored: in a byte each where they fit. */
export function labelArray(labels: Int32Array, classes: number): NdArray {
  return classes <= 256
    ? { dtype: "u1", shape: [labels.length], data: Uint8Array.from(labels) }
    : { dtype: "i4", shape: [labels.length], data: labels };
}
