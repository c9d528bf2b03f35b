import type { CropAndResizeAttrs } from "@tensorflow/tfjs-core";
import { type Builder, onnxType } from "../graph-builder.js";
import type { Lowerings } from "../lowering-call.js";
import { lerp } from "./lower-image.js";

export const crop: Lowerings = {
  /** Boxes [B, 4] are y1, x1, y2, x2 as parts of the image; what falls outside of it is `extrapolationValue`. */
  CropAndResize: call => {
    const { b } = call;
    const { cropSize, method, extrapolationValue } = call.attributes as CropAndResizeAttrs;
    const x = call.input("image");
    const [n = 0, height = 0, width = 0, channels = 0] = x.shape;
    const boxes = call.input("boxes").name;
    const y = sampled(b, boxes, [0, 2], height, cropSize[0], [-1, cropSize[0], 1, 1]);
    const z = sampled(b, boxes, [1, 3], width, cropSize[1], [-1, 1, cropSize[1], 1]);
    const whole = (value: number): string => b.constant("int32", [], Int32Array.of(value));
    const pixels = b.op("Reshape", [x.name, b.ints([n * height * width, channels])]);
    const start = b.op("Mul", [call.input("boxInd").name, whole(height * width)]);
    const first = b.op("Reshape", [start, b.ints([-1, 1, 1])]);
    const index = (place: string): string =>
      b.op("Squeeze", [b.op("Cast", [place], { to: onnxType("int32") }), b.ints([3])]);
    const pick = (row: string, column: string): string => {
      const at = b.op("Add", [b.op("Mul", [index(row), whole(width)]), index(column)]);
      return b.op("Gather", [pixels, b.op("Add", [first, at])], { axis: 0 });
    };
    const value =
      method === "nearest"
        ? pick(y.nearest, z.nearest)
        : lerp(
            b,
            lerp(b, pick(y.low, z.low), pick(y.low, z.high), z.share),
            lerp(b, pick(y.high, z.low), pick(y.high, z.high), z.share),
            y.share,
          );
    return b.op("Where", [b.op("And", [y.inside, z.inside]), value, b.scalar(extrapolationValue)]);
  },
};

/** Where the rows (or columns) of the crops fall on the image's, as floats that broadcast to [B, rows, columns, 1]. */
interface Sampled {
  readonly inside: string;
  readonly low: string;
  readonly high: string;
  readonly nearest: string;
  /** How far from `low` to `high`. */
  readonly share: string;
}

function sampled(
  b: Builder,
  boxes: string,
  [begin, end]: readonly [number, number],
  size: number,
  count: number,
  shape: readonly number[],
): Sampled {
  // From edge to edge of the box; a single sample lies in its middle.
  const along = Float32Array.from({ length: count }, (_, i) => (count > 1 ? i / (count - 1) : 0.5));
  const weigh = (column: number, weights: Float32Array): string => {
    const edge = b.op("Gather", [boxes, b.places(Int32Array.of(column))], { axis: 1 }); // [B, 1]
    return b.op("Mul", [
      edge,
      b.constant(
        "float32",
        [1, count],
        weights.map(w => w * (size - 1)),
      ),
    ]);
  };
  const sum = b.op("Add", [
    weigh(
      begin,
      along.map(t => 1 - t),
    ),
    weigh(end, along),
  ]);
  const place = b.op("Reshape", [sum, b.ints(shape)]);
  const last = b.scalar(size - 1);
  const beyond = b.op("Or", [b.op("Less", [place, b.scalar(0)]), b.op("Greater", [place, last])]);
  const held = b.op("Clip", [place, b.scalar(0), last]);
  const low = b.op("Floor", [held]);
  return {
    inside: b.op("Not", [beyond]),
    low,
    high: b.op("Ceil", [held]),
    nearest: b.op("Floor", [b.op("Add", [held, b.scalar(0.5)])]),
    share: b.op("Sub", [held, low]),
  };
}
