import type { Draws } from "../../../runner/step-api.js";
import { elementCount } from "../../formats/arrays.js";
import { makeAugment } from "../../nn/augment.js";
import type { Sampler } from "./sampler.js";

/**
 * T_x, then 8 bits, of images [rows, H, W, C] in [0, 1]: the next views, from anchor `first` on. Rows come in order,
 * because an anchor's draws go on from view to view.
 */
export function finisher(
  { ctx, generator }: Pick<Sampler, "ctx" | "generator">,
  first: number,
): (images: Float32Array) => Uint8Array {
  const { augment: options, views } = ctx.with;
  const pixels = elementCount(generator.imageShape);
  const augment = options === undefined ? undefined : makeAugment(options, generator.imageShape);
  const stream = ctx.random("augment");
  const view = new Float32Array(pixels);
  let draws: Draws = stream.at(first);
  let row = 0;
  return images => {
    const out = new Uint8Array(images.length);
    for (let at = 0; at < images.length; at += pixels) {
      if (row % views === 0) draws = stream.at(first + row / views);
      row++;
      if (augment === undefined) view.set(images.subarray(at, at + pixels));
      else augment(images, at, view, 0, draws);
      for (let p = 0; p < pixels; p++) out[at + p] = Math.round((view[p] ?? 0) * 255);
    }
    return out;
  };
}
