import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../runner/step-api.js";
import { elementCount, sameShape, shapeText, toInt32 } from "../formats/arrays.js";
import { range, zoomFor } from "./images.js";
import { readJson, writeJson } from "../formats/json.js";
import { npyItems } from "../formats/npy-items.js";
import { createNpy, type NpyFile, type NpyWriter, openNpy, readNpy } from "../formats/npy.js";
import { writeGrid } from "../formats/pictures/png.js";

/**
 * The "views" artifact: a folder that NumPy and any picture viewer can read.
 *
 *   views.npy     uint8 [N, V, H, W, C]; view 0 is the anchor's own, T_x(G(z))
 *   latents.npy   float32 [N, V, z], the latent that made each view
 *   y.npy         uint8 or int32 [N], the class of each anchor and all its views; only of a class-conditional generator
 *   views.json    counts, generator, T_z, T_x, truncation, seed
 *   grid.png      the first anchors, one a row, their views side by side
 */
export interface ViewFile {
  readonly anchors: number;
  readonly views: number;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly facts: JsonObject;
  /** [N], each in [0, classes.length); where the generator has classes. */
  readonly labels?: Int32Array;
  /** Class names; none where the views have no labels. */
  readonly classes: readonly string[];
  /** The pictures of these numbers, one after another; view v of anchor i is number i * views + v. */
  readonly pick: (indices: ArrayLike<number>) => Uint8Array;
}

/** Opens the artifact; pictures and latents stay on the disk: `readNpy(join(folder, "latents.npy"))`. */
export async function openViews(folder: string): Promise<ViewFile> {
  const facts = await readJson(join(folder, "views.json"));
  if (facts["format"] !== 1 || facts["kind"] !== "views")
    throw new Error(`${folder}: views.json describes no views of format 1`);
  const pictures = npyItems(join(folder, "views.npy"));
  const [anchors = 0, views = 0, height = 0, width = 0, channels] = pictures.shape;
  if (pictures.dtype !== "u1" || pictures.shape.length !== 5 || channels === undefined)
    throw new Error(
      `${folder}: views.npy must be uint8 [N, V, H, W, C], not ${pictures.dtype} ${shapeText(pictures.shape)}`,
    );
  const shape = [height, width, channels] as const;
  const pick = (indices: ArrayLike<number>): Uint8Array =>
    pictures.pick(indices, elementCount(shape)) as Uint8Array;
  const classes = Array.isArray(facts["classes"]) ? facts["classes"].map(String) : [];
  const file = { anchors, views, shape, facts, classes, pick };
  if (classes.length === 0) return file;
  const labels = toInt32((await readNpy(join(folder, "y.npy"))).data);
  if (labels.length !== anchors || labels.some(label => label < 0 || label >= classes.length))
    throw new Error(
      `${folder}: y.npy does not give each of ${anchors} anchors one of ${classes.length} classes`,
    );
  return { ...file, labels };
}

/** Joins shards (folders of views.npy, latents.npy and, if `facts` has classes, y.npy, in anchor order) into the artifact, piece by piece. */
export async function writeViews(
  folder: string,
  shards: readonly string[],
  anchors: number,
  facts: JsonObject,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await concatenate(shards, "latents.npy", folder, anchors);
  if (facts["classes"] !== undefined) await concatenate(shards, "y.npy", folder, anchors);
  const row = await concatenate(shards, "views.npy", folder, anchors);
  const [views = 0, height = 0, width = 0, channels = 0] = row;
  const shape = [height, width, channels] as const;
  await writeJson(join(folder, "views.json"), { ...facts, format: 1, kind: "views", anchors, views, shape });
  const pictures = npyItems(join(folder, "views.npy"));
  const shown = pictures.pick(range(0, Math.min(16, anchors) * views), elementCount(shape)) as Uint8Array;
  await writeGrid(join(folder, "grid.png"), shown, shape, { columns: views, zoom: zoomFor(shape) });
}

/** Writes the rows of `name` of all shards to `folder`; returns the shape of a row. Throws unless they fit. */
async function concatenate(
  shards: readonly string[],
  name: string,
  folder: string,
  rows: number,
): Promise<readonly number[]> {
  let writer: NpyWriter | undefined;
  let row: readonly number[] = [];
  for (const shard of shards) {
    const path = join(shard, name);
    await withNpy(path, async file => {
      const [count = 0, ...own] = file.shape;
      if (writer === undefined) {
        row = own;
        writer = await createNpy(join(folder, name), file.dtype, [rows, ...row]);
      } else if (!sameShape(own, row))
        throw new Error(`${path} has rows of ${shapeText(own)}, not ${shapeText(row)}`);
      const step = Math.max(1, Math.floor(pieceElements / elementCount(row)));
      for (let from = 0; from < count; from += step)
        await writer.write(await file.rows(from, Math.min(from + step, count)));
    });
  }
  await writer?.close();
  return row;
}

/** A few megabytes are held in memory at a time, however large a shard is. */
const pieceElements = 2 ** 20;

async function withNpy(path: string, use: (file: NpyFile) => Promise<void>): Promise<void> {
  const file = await openNpy(path);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
