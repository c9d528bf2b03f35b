/** Images to patches and back, as ONNX operators over the index lists of `windows.ts`. */
import { type Builder } from "./builder.js";
import { seersOf, type Windows } from "./windows.js";

/** Below this width a row is moved number by number, and that is slow unless the batch lies innermost. */
const NARROW = 8;

/**
 * Rows of x [batch, rows, width] in the order of `places` -> [batch, places, width]; place -1 gives a row of `fill`.
 */
export function gatherRows(
  b: Builder,
  x: string,
  shape: readonly [batch: number, rows: number, width: number],
  places: Int32Array,
  fill = 0,
): string {
  const [batch, rows, width] = shape;
  if (places.length === rows && places.every((place, i) => place === i)) return x;
  const found = places.map(place => (place < 0 ? rows : place));
  const filled = (of: string, axis: number, row: readonly number[]): string =>
    places.includes(-1) ? b.op("Concat", [of, b.op("Expand", [b.scalar(fill), b.ints(row)])], { axis }) : of;
  if (width >= NARROW || batch < NARROW)
    return b.op("Gather", [filled(x, 1, [batch, 1, width]), b.places(found)], { axis: 1 });
  const turn = (of: string): string => b.op("Transpose", [of], { perm: [1, 0] });
  const upright = turn(b.op("Reshape", [x, b.ints([batch, rows * width])]));
  const each = Int32Array.from({ length: found.length * width }, (_, i) => {
    return (found[Math.floor(i / width)] ?? 0) * width + (i % width);
  });
  const picked = b.op("Gather", [filled(upright, 0, [width, batch]), b.places(each)], { axis: 0 });
  return b.op("Reshape", [turn(picked), b.ints([batch, places.length, width])]);
}

/** The image under each window: x [N, H, W, C] -> [N, windows x taps, C]. */
export function patches(b: Builder, x: string, windows: Windows, fill = 0): string {
  const { batch, pixels, channels, seen } = windows;
  const shape = [batch, pixels, channels] as const;
  return gatherRows(b, b.op("Reshape", [x, b.ints(shape)]), shape, seen, fill);
}

/** Adds patches [N, windows x taps, C] up where they overlap -> [N, H W, C]: the transpose of `patches`. */
export function overlay(b: Builder, cut: string, windows: Windows): string {
  const { batch, pixels, channels, count, taps } = windows;
  const [places, most] = cutsOf(windows);
  const spread = gatherRows(b, cut, [batch, count * taps, channels], places);
  if (most === 1) return spread;
  const stacked = b.op("Reshape", [spread, b.ints([batch * pixels, most, channels])]);
  const summed = b.op("ReduceSum", [stacked, b.ints([1])], { keepdims: 0 });
  return b.op("Reshape", [summed, b.ints([batch, pixels, channels])]);
}

/** By pixel, the patches' rows that fall on it, as many as on any pixel; the rest are -1. */
function cutsOf(windows: Windows): [places: Int32Array, most: number] {
  const { pixels, taps } = windows;
  const seers = seersOf(windows);
  const counts = new Int32Array(pixels);
  seers.forEach((window, at) => {
    const pixel = Math.floor(at / taps);
    if (window >= 0) counts[pixel] = (counts[pixel] ?? 0) + 1;
  });
  const most = counts.reduce((a, c) => Math.max(a, c), 1);
  const places = new Int32Array(pixels * most).fill(-1);
  counts.fill(0);
  seers.forEach((window, at) => {
    if (window < 0) return;
    const tap = at % taps;
    const pixel = (at - tap) / taps;
    const i = counts[pixel] ?? 0;
    places[pixel * most + i] = window * taps + tap;
    counts[pixel] = i + 1;
  });
  return [places, most];
}
