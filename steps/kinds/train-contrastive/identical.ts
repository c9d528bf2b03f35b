import { elementCount } from "../../formats/arrays.js";
import type { ImageShape } from "../../artifacts/image-batch.js";

/**
 * The share of anchors whose views are all one picture: no pixel of a view differs from the first view's by half a
 * grey level or more. `pixels` [views * anchors, H, W, C] in [0, 1], row v * anchors + i is view v of anchor i.
 */
export function identicalShare(pixels: Float32Array, views: number, shape: ImageShape): number {
  const size = elementCount(shape);
  const anchors = pixels.length / size / views;
  let identical = 0;
  for (let i = 0; i < anchors; i++) {
    let same = true;
    for (let v = 1; v < views && same; v++)
      for (let p = 0; p < size && same; p++) {
        const difference = (pixels[(v * anchors + i) * size + p] ?? 0) - (pixels[i * size + p] ?? 0);
        same = Math.abs(difference) < halfLevel;
      }
    if (same) identical++;
  }
  return identical / anchors;
}

const halfLevel = 0.5 / 255;
