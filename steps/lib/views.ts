import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../runner/step-api.js";
import { sameShape, shapeText } from "./arrays.js";
import { zoomFor } from "./images.js";
import { readJson, writeJson } from "./json.js";
import { createNpy, type NpyFile, type NpyWriter, openNpy, readNpy } from "./npy.js";
import { writeGrid } from "./png.js";

/**
 * The "views" artifact: a folder that NumPy and any picture viewer can read.
 *
 *   views.npy     uint8 [N, V, H, W, C]; view 0 is the anchor's own, T_x(G(z))
 *   latents.npy   float32 [N, V, z], the latent that made each view
 *   views.json    counts, generator, T_z, T_x, truncation, seed
 *   grid.png      the first anchors, one a row, their views side by side
 */
export interface ViewSet {
  readonly anchors: number;
  readonly views: number;
  readonly shape: readonly [height: number, width: number, channels: number];
  /** [N, V, H, W, C] */
  readonly images: Uint8Array;
  readonly facts: JsonObject;
}

/** Reads the pictures whole; the latents stay on the disk: `readNpy(join(folder, "latents.npy"))`. */
export async function readViews(folder: string): Promise<ViewSet> {
  const facts = await readJson(join(folder, "views.json"));
  if (facts["format"] !== 1 || facts["kind"] !== "views")
    throw new Error(`${folder}: views.json describes no views of format 1`);
  const { dtype, shape, data } = await readNpy(join(folder, "views.npy"));
  const [anchors = 0, views = 0, height = 0, width = 0, channels] = shape;
  if (!(data instanceof Uint8Array) || shape.length !== 5 || channels === undefined)
    throw new Error(`${folder}: views.npy must be uint8 [N, V, H, W, C], not ${dtype} ${shapeText(shape)}`);
  return { anchors, views, shape: [height, width, channels], images: data, facts };
}

/** Joins shards (folders of views.npy and latents.npy, in anchor order) into the artifact, one at a time. */
export async function writeViews(
  folder: string,
  shards: readonly string[],
  anchors: number,
  facts: JsonObject,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await concatenate(shards, "latents.npy", folder, anchors);
  const row = await concatenate(shards, "views.npy", folder, anchors);
  const [views = 0, height = 0, width = 0, channels = 0] = row;
  const shape = [height, width, channels] as const;
  await writeJson(join(folder, "views.json"), { ...facts, format: 1, kind: "views", anchors, views, shape });
  const file = await openNpy(join(folder, "views.npy"));
  const shown = (await file.rows(0, Math.min(16, anchors))) as Uint8Array;
  await file.close();
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
      await writer.write(await file.rows(0, count));
    });
  }
  await writer?.close();
  return row;
}

async function withNpy(path: string, use: (file: NpyFile) => Promise<void>): Promise<void> {
  const file = await openNpy(path);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
