import { join } from "node:path";
import { type Draws, randomStream } from "../../runner/step-api.js";
import { writeImages } from "../../steps/artifacts/images.js";
import { writeViews } from "../../steps/artifacts/views.js";
import { writeNpy } from "../../steps/formats/npy.js";
import { mkdir } from "node:fs/promises";
import { tempFolder } from "../rig/temp.js";

/** Side of the test pictures. */
export const side = 8;

/** Names of the kinds of test pictures. */
export const shapes = ["across", "down", "square"] as const;

/**
 * A small world of three kinds of pictures, 8 x 8: a bright bar across, a bright bar down, a bright square, each
 * somewhere else and with noise. Easy, but not for a classifier that looks at single pixels.
 */
export async function shapesFolder(count: number, seed = 0): Promise<string> {
  const folder = join(tempFolder(), "images");
  const draws = randomStream(seed, "shapes").at(0);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const images = new Uint8Array(count * side * side);
  for (let i = 0; i < count; i++) paint(images, i, labels[i] ?? 0, draws);
  await writeImages(folder, {
    count,
    shape: [side, side, 1],
    images,
    labels,
    classes: shapes,
    facts: { dataset: "shapes", licence: "none" },
  });
  return folder;
}

/**
 * Views of shapes: every anchor's views are one shape at other places, or, if `identical`, one picture. With `classes`,
 * they are labelled.
 */
export async function viewsFolder(
  anchors: number,
  views: number,
  seed = 0,
  classes?: readonly string[],
  identical = false,
): Promise<string> {
  const [shard, folder] = [join(tempFolder(), "shard"), join(tempFolder(), "views")];
  const draws = randomStream(seed, "views").at(0);
  const images = new Uint8Array(anchors * views * side * side);
  for (let i = 0; i < anchors * views; i++) paint(images, i, Math.floor(i / views) % 3, draws);
  const size = side * side;
  for (let i = 0; identical && i < anchors * views; i++)
    images.copyWithin(i * size, (i - (i % views)) * size, (i - (i % views) + 1) * size);
  await mkdir(shard, { recursive: true });
  await writeNpy(join(shard, "views.npy"), {
    dtype: "u1",
    shape: [anchors, views, side, side, 1],
    data: images,
  });
  const latents = {
    dtype: "f4",
    shape: [anchors, views, 2],
    data: new Float32Array(anchors * views * 2),
  } as const;
  await writeNpy(join(shard, "latents.npy"), latents);
  if (classes !== undefined) {
    const labels = Uint8Array.from({ length: anchors }, (_, i) => i % 3);
    await writeNpy(join(shard, "y.npy"), { dtype: "u1", shape: [anchors], data: labels });
  }
  await writeViews(folder, [shard], anchors, classes === undefined ? {} : { classes });
  return folder;
}

function paint(images: Uint8Array, at: number, kind: number, draws: Draws): void {
  const [y, x] = [draws.below(side - 2), draws.below(side - 2)];
  const level = 130 + draws.below(80);
  for (let i = 0; i < side * side; i++) {
    const [row, column] = [Math.floor(i / side), i % side];
    const inRow = row >= y && row < y + 2;
    const inColumn = column >= x && column < x + 2;
    const inside =
      kind === 0 ? inRow : kind === 1 ? inColumn : row >= y && row < y + 4 && column >= x && column < x + 4;
    images[at * side * side + i] = (inside ? level : 0) + draws.below(40);
  }
}

/** Pictures of `size` numbers each, in memory, as `pick` gives those of a file. */
export function picker(images: Uint8Array, size: number): (indices: ArrayLike<number>) => Uint8Array {
  return indices =>
    Uint8Array.from(Array.from(indices).flatMap(i => [...images.subarray(i * size, (i + 1) * size)]));
}
