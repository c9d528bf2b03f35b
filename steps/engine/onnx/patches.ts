/** Images to patches and back, as ONNX operators over the index lists of `windows.ts`. */
import { type Builder } from "./builder.js";
import { sightsOf, type Windows } from "./windows.js";

/**
 * Rows of x [batch, rows, width] in the order of `places` -> [batch, places, width]; place -1 gives a row of `fill`.
 */
export function gatherRows(
  b: Builder,
  x: string,
  [batch, rows, width]: readonly [number, number, number],
  places: Int32Array,
  fill = 0,
): string {
  if (places.length === rows && places.every((place, i) => place === i)) return x;
  const beyond = places.includes(-1);
  const row = (): string => b.op("Expand", [b.scalar(fill), b.ints([batch, 1, width])]);
  const source = beyond ? b.op("Concat", [x, row()], { axis: 1 }) : x;
  const found = beyond ? places.map(place => (place < 0 ? rows : place)) : places;
  return b.op("Gather", [source, b.places(found)], { axis: 1 });
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
  const sights = sightsOf(windows);
  const most = Math.max(1, ...sights.map(list => list.length));
  const places = Int32Array.from(
    sights.flatMap(list =>
      Array.from({ length: most }, (_, i) => {
        const sight = list[i];
        return sight === undefined ? -1 : sight.window * taps + sight.tap;
      }),
    ),
  );
  const spread = gatherRows(b, cut, [batch, count * taps, channels], places);
  if (most === 1) return spread;
  const stacked = b.op("Reshape", [spread, b.ints([batch * pixels, most, channels])]);
  const summed = b.op("ReduceSum", [stacked, b.ints([1])], { keepdims: 0 });
  return b.op("Reshape", [summed, b.ints([batch, pixels, channels])]);
}
