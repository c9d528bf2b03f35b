import type { Tensor4D } from "../../engine/types.js";
import { type Call, image } from "../call.js";
import type { Operator } from "../call.js";

/**
 * Resize (and Upsample, its older name) of images: nearest, and linear where the engine's sampling is exactly ONNX's.
 * Does not: cubic; sizes that the scale does not divide.
 */
export const resize: Operator = call => {
  const x = call.image(0);
  const [, h, w] = x.shape;
  const upsample = call.node.op === "Upsample";
  call.ignore("cubic_coeff_a", "extrapolation_value", "exclude_outside");
  call.only("antialias", 0);
  call.only("keep_aspect_ratio_policy", "stretch");
  const [height, width] = target(call, [x.shape[0], x.shape[3], h, w], upsample);
  call.limit([x.shape[0], height, width, x.shape[3]]);
  const mode = call.text("mode", "nearest");
  // Upsample has no such attribute: it is what is now called asymmetric.
  const place = call.text("coordinate_transformation_mode", upsample ? "asymmetric" : "half_pixel");
  const rounding = call.text("nearest_mode", upsample ? "floor" : "round_prefer_floor");
  if (mode === "nearest") return image(nearest(call, x, [height, width], place, rounding));
  if (mode !== "linear" && mode !== "bilinear") throw new Error(`its mode '${mode}' is not supported`);
  if (!["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"].includes(place))
    throw new Error(`its coordinate_transformation_mode '${place}' is not supported`);
  if (place === "pytorch_half_pixel" && ((height === 1 && h > 1) || (width === 1 && w > 1)))
    throw new Error(`'${place}' to one row or column is not supported`);
  const centred = place.endsWith("half_pixel");
  return image(call.tf.image.resizeBilinear(x, [height, width], place === "align_corners", centred));
};

function nearest(
  call: Call,
  x: Tensor4D,
  size: readonly [number, number],
  place: string,
  rounding: string,
): Tensor4D {
  const { tf } = call;
  const [, h, w] = x.shape;
  // A whole factor makes each pixel a block in both of these ways of counting.
  const blocks = size[0] % h === 0 && size[1] % w === 0;
  const floors = place === "asymmetric" && rounding === "floor";
  const rounds = place.endsWith("half_pixel") && rounding.startsWith("round_prefer");
  if (blocks && (floors || rounds)) return tf.image.resizeNearestNeighbor(x, [...size]);
  const rows = tf.gather(x, sources(h, size[0], place, rounding), 1);
  return tf.gather(rows, sources(w, size[1], place, rounding), 2);
}

/** For each place of the result, the one that it is taken from; in single precision, as onnxruntime counts. */
function sources(from: number, to: number, place: string, rounding: string): Int32Array {
  const position = POSITIONS[place];
  const round = ROUNDINGS[rounding];
  if (position === undefined)
    throw new Error(`its coordinate_transformation_mode '${place}' is not supported`);
  if (round === undefined) throw new Error(`its nearest_mode '${rounding}' is not supported`);
  const scale = Math.fround(to / from);
  return Int32Array.from({ length: to }, (_, i) => {
    const at = to === from ? i : round(Math.fround(position(i, scale, from, to)));
    return Math.min(from - 1, Math.max(0, at));
  });
}

const POSITIONS: Readonly<Record<string, (i: number, scale: number, from: number, to: number) => number>> = {
  half_pixel: (i, scale) => Math.fround((i + 0.5) / scale) - 0.5,
  pytorch_half_pixel: (i, scale, _, to) => (to > 1 ? Math.fround((i + 0.5) / scale) - 0.5 : 0),
  align_corners: (i, _, from, to) => (to === 1 ? 0 : Math.fround(i * (from - 1)) / (to - 1)),
  asymmetric: (i, scale) => i / scale,
};

const ROUNDINGS: Readonly<Record<string, (at: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: at => (at === Math.floor(at) + 0.5 ? Math.floor(at) : Math.round(at)),
  round_prefer_ceil: at => (at < 0 ? -Math.round(-at) : Math.round(at)),
};

/** The new height and width. The inputs are (x, scales) up to version 10, then (x, roi, scales, sizes). */
function target(call: Call, shape: readonly number[], upsample: boolean): [number, number] {
  const old = upsample || call.opset < 11;
  if (!old && call.has(1)) call.numbers(1);
  const at = old ? 1 : 2;
  const wanted = old ? undefined : given(call, 3);
  if (!old && call.has(2)) call.value(2);
  const scales =
    wanted === undefined ? (given(call, at) ?? (upsample ? call.list("scales", 1) : undefined)) : undefined;
  const axes = call.node.attributes.has("axes") ? call.ints("axes") : undefined;
  const full = wanted ?? scales?.map((scale, i) => scale * (shape[axes?.[i] ?? i] ?? 0));
  if (full === undefined) throw new Error("it has neither scales nor sizes");
  const sizes = axes === undefined ? full : shape.map((size, axis) => full[axes.indexOf(axis)] ?? size);
  const [n, c, height, width] = sizes;
  if (sizes.length !== 4 || n !== shape[0] || c !== shape[1] || height === undefined || width === undefined)
    throw new Error(
      `it changes [${shape.join(", ")}] to [${sizes.join(", ")}]; height and width alone may change`,
    );
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1)
    throw new Error(`its scale does not divide ${shape.slice(2).join(" x ")} pixels`);
  return [height, width];
}

function given(call: Call, i: number): readonly number[] | undefined {
  if (!call.has(i)) return undefined;
  const numbers = call.numbers(i);
  return numbers.length === 0 ? undefined : numbers;
}
