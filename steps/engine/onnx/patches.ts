/** Images to patches and back, as ONNX operators over the index lists of `windows.ts`. */
import type { Builder } from "./graph-builder.js";
import { seersOf, type Windows } from "./windows.js";

/** Below this width a row is moved number by number, and that is slow unless the batch lies innermost. */
const NARROW = 8;

type Rows = readonly [batch: number, rows: number, width: number];

/**
 * Rows of x [batch, rows, width] in the order of `places` -> [batch, places, width]; place -1 gives a row of `fill`.
 */
export function gatherRows(b: Builder, x: string, shape: Rows, places: Int32Array, fill = 0): string {
  const [batch, rows, width] = shape;
  if (places.length === rows && places.every((place, i) => place === i)) return x;
  if (isNarrow(shape))
    return upright(b, gatherTurned(b, x, shape, places, fill), [batch, places.length, width]);
  const filled = withFill(b, x, 1, [batch, 1, width], places, fill);
  return b.op("Gather", [filled, b.places(withoutHoles(places, rows))], { axis: 1 });
}

function isNarrow([batch, , width]: Rows): boolean {
  return width < NARROW && batch >= NARROW;
}

/** As `gatherRows`, but the batch comes last: [places x width, batch]. */
function gatherTurned(b: Builder, x: string, shape: Rows, places: Int32Array, fill = 0): string {
  const [batch, rows, width] = shape;
  const turned = b.op("Transpose", [b.op("Reshape", [x, b.ints([batch, rows * width])])], { perm: [1, 0] });
  const found = withoutHoles(places, rows);
  const each = Int32Array.from({ length: found.length * width }, (_, i) => {
    return (found[Math.floor(i / width)] ?? 0) * width + (i % width);
  });
  return b.op("Gather", [withFill(b, turned, 0, [width, batch], places, fill), b.places(each)], { axis: 0 });
}

/** [rows x width, batch] -> [batch, rows, width] */
function upright(b: Builder, turned: string, shape: Rows): string {
  return b.op("Reshape", [b.op("Transpose", [turned], { perm: [1, 0] }), b.ints(shape)]);
}

/** Places in what `withFill` makes, where the filling is the last row. */
function withoutHoles(places: Int32Array, rows: number): Int32Array {
  return places.map(place => (place < 0 ? rows : place));
}

function withFill(
  b: Builder,
  x: string,
  axis: number,
  row: readonly number[],
  places: Int32Array,
  fill: number,
): string {
  return places.includes(-1)
    ? b.op("Concat", [x, b.op("Expand", [b.scalar(fill), b.ints(row)])], { axis })
    : x;
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
  const [from, to]: [Rows, Rows] = [
    [batch, count * taps, channels],
    [batch, pixels, channels],
  ];
  if (most === 1) return gatherRows(b, cut, from, places);
  const sum = (spread: string, shape: Rows): string =>
    b.op("ReduceSum", [b.op("Reshape", [spread, b.ints(shape)]), b.ints([1])], { keepdims: 0 });
  if (!isNarrow(from)) {
    const summed = sum(gatherRows(b, cut, from, places), [batch * pixels, most, channels]);
    return b.op("Reshape", [summed, b.ints(to)]);
  }
  const summed = sum(gatherTurned(b, cut, from, places), [pixels, most, channels * batch]);
  return upright(b, b.op("Reshape", [summed, b.ints([pixels * channels, batch])]), to);
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

/** Patches of a whole batch may be many times its size. This much of them is held at once, in bytes. */
const LIMIT = 256 * 2 ** 20;

/**
 * Does work on a batch in pieces of whole samples, so that what each makes on the way, `bytes` a sample, stays within
 * bounds. The results are joined along the batch, or added up. Most batches are a single piece.
 */
export function inPieces(
  b: Builder,
  operands: readonly string[],
  batch: number,
  bytes: number,
  combine: "join" | "add",
  work: (operands: readonly string[], batch: number) => string,
): string {
  const pieces = Math.min(batch, Math.ceil((batch * bytes) / LIMIT));
  if (pieces <= 1) return work(operands, batch);
  const at = (i: number): number => Math.floor((i * batch) / pieces);
  const results = Array.from({ length: pieces }, (_, i) => {
    const cut = (x: string): string => b.op("Slice", [x, b.ints([at(i)]), b.ints([at(i + 1)]), b.ints([0])]);
    return work(operands.map(cut), at(i + 1) - at(i));
  });
  return combine === "join"
    ? b.op("Concat", results, { axis: 0 })
    : results.reduce((a, c) => b.op("Add", [a, c]));
}
