import { elementCount, shapeText } from "../../formats/arrays.js";
import type { StoredArray } from "../../formats/npy.js";

/**
 * Labels [N] or [N, 1]: whole numbers from 0 on, of any type of number. Throws, naming the payload, at any other value,
 * and unless there is one for each image.
 */
export function toLabels(
  { shape, stored, data }: StoredArray,
  name: string,
  count: number,
  images: string,
): Float64Array {
  const labels = elementCount(shape);
  if (labels !== count) {
    const hint =
      shape.length > 1 && shape[0] === count
        ? ". Write the number of each image's class (argmax of one-hot rows)"
        : "";
    throw new Error(
      `${name} has ${labels} labels (${stored} ${shapeText(shape)}), ${images} has ${count} images${hint}`,
    );
  }
  const out = Float64Array.from<number | bigint>(data, Number);
  const wrong = out.findIndex(label => !Number.isSafeInteger(label) || label < 0);
  if (wrong < 0) return out;
  throw new Error(
    `${name}: label ${out[wrong] ?? 0} of image ${wrong} (${stored}) is no whole number from 0 on. An image of no class has ` +
      "no place among labelled ones: take it out",
  );
}
