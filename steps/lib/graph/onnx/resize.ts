import type { Tensor4D } from "../../../engine/types.js";
import { type Call, image } from "../call.js";
import type { Operator } from "../operators.js";

/**
 * Resize (and Upsample, its older name) of images, nearest or linear, where the engine's sampling is exactly ONNX's.
 * Does not: cubic; nearest at positions that engines round differently; sizes that the scale does not divide.
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
  const [, h, w] = x.shape;
  // A whole factor makes each pixel a block in both ways of counting.
  const blocks = size[0] % h === 0 && size[1] % w === 0;
  const floors = place === "asymmetric" && rounding === "floor";
  const rounds = place.endsWith("half_pixel") && rounding.startsWith("round_prefer");
  if (!floors && !(blocks && rounds))
    throw new Error(
      `nearest with '${place}' and '${rounding}' from ${h} x ${w} to ${size.join(" x ")} is not supported`,
    );
  return call.tf.image.resizeNearestNeighbor(x, [...size]);
}

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
