import type {
  ConcatAttrs,
  GatherV2Attrs,
  MirrorPadAttrs,
  OneHotAttrs,
  PackAttrs,
  PadV2Attrs,
  ReverseAttrs,
  SliceAttrs,
  SplitVAttrs,
  StridedSliceAttrs,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
  UnsortedSegmentSumAttrs,
} from "@tensorflow/tfjs-core";
import { sizeOf } from "../../trace/index.js";
import { stridedSlice } from "../../trace/shapes/structure-shapes.js";
import { type Builder, onnxType } from "../graph-builder.js";
import type { Call, Lowerings, Operand } from "../lowering-call.js";
import { cast } from "./lower-elementwise.js";

/** Kernels that move, copy or pick elements. */
export const structure: Lowerings = {
  Reshape: call => reshape(call, call.input("x")),
  ExpandDims: call => reshape(call, call.input("input")),
  Transpose: call =>
    call.b.op("Transpose", [call.input("x").name], { perm: (call.attributes as TransposeAttrs).perm }),
  Reverse: call => {
    const x = call.input("x");
    return reverse(
      call,
      x,
      call.tf.util.parseAxisParam((call.attributes as ReverseAttrs).dims, [...x.shape]),
    );
  },
  FlipLeftRight: call => reverse(call, call.input("image"), [2]),
  Slice: call => {
    const { b } = call;
    const x = call.input("x");
    const { begin, size } = call.attributes as SliceAttrs;
    const source = { shape: [...x.shape], dtype: x.dtype, dataId: {} };
    const [from = [], length = []] = call.tf.slice_util.parseSliceParams(source, begin, size);
    const to = from.map((at, i) => at + (length[i] ?? 0));
    return b.op("Slice", [x.name, b.ints(from), b.ints(to)]);
  },
  StridedSlice: call => {
    const { b } = call;
    const x = call.input("x");
    const info = stridedSlice(call.tf, [...x.shape], call.attributes as StridedSliceAttrs);
    if (info.strides.some(stride => stride < 0)) call.refuse("with a negative stride has no compiled form");
    const axes = b.ints(info.begin.map((_, axis) => axis));
    const picked = b.op("Slice", [x.name, b.ints(info.begin), b.ints(info.end), axes, b.ints(info.strides)]);
    return b.op("Reshape", [picked, b.ints(info.finalShape)]);
  },
  PadV2: call => {
    const { b } = call;
    const { paddings, constantValue } = call.attributes as PadV2Attrs;
    const pads = padsOf(b, paddings);
    const data =
      call.output.dtype === "int32" ? Int32Array.of(constantValue) : Float32Array.of(constantValue);
    if (call.output.dtype === "bool") call.refuse("of truth values has no compiled form");
    return b.op("Pad", [call.input("x").name, pads, b.constant(call.output.dtype, [], data)]);
  },
  MirrorPad: call => {
    const { paddings, mode } = call.attributes as MirrorPadAttrs;
    // ONNX repeats the edge pixel or leaves it out; it cannot mirror with the edge pixel.
    if (mode !== "reflect") call.refuse(`of the mode ${mode} has no compiled form`);
    return call.b.op("Pad", [call.input("x").name, padsOf(call.b, paddings)], { mode });
  },
  Tile: call => {
    const { b } = call;
    const x = call.input("x");
    const { reps } = call.attributes as TileAttrs;
    // Copies of a single row need not be laid out one by one.
    const spreads = x.shape.every((n, i) => n === 1 || reps[i] === 1);
    return spreads
      ? b.op("Expand", [x.name, b.ints(call.output.shape)])
      : b.op("Tile", [x.name, b.ints(reps)]);
  },
  Concat: call => {
    const [first] = call.list;
    const axis = call.tf.util.parseAxisParam((call.attributes as ConcatAttrs).axis, [
      ...(first?.shape ?? []),
    ]);
    const names = call.list.map(({ name }) => name);
    return call.b.op("Concat", names, { axis: axis[0] ?? 0 });
  },
  Pack: call => {
    const { b } = call;
    const { axis } = call.attributes as PackAttrs;
    const at = axis < 0 ? call.output.shape.length + axis : axis;
    return b.op(
      "Concat",
      call.list.map(({ name }) => b.op("Unsqueeze", [name, b.ints([at])])),
      { axis: at },
    );
  },
  Unpack: call => {
    const { b } = call;
    const value = call.input("value");
    const { axis } = call.attributes as UnpackAttrs;
    const at = axis < 0 ? value.shape.length + axis : axis;
    const each = call.outputs.map((_, i) => b.constant("int32", [], Int32Array.of(i)));
    return each.map(place => b.op("Gather", [value.name, place], { axis: at }));
  },
  SplitV: call => {
    const { b } = call;
    const x = call.input("x");
    const [axis = 0] = call.tf.util.parseAxisParam((call.attributes as SplitVAttrs).axis, [...x.shape]);
    const sizes = b.ints(call.outputs.map(({ shape }) => shape[axis] ?? 0));
    return b.ops("Split", [x.name, sizes], { axis }, call.outputs.length);
  },
  GatherV2: call => {
    const x = call.input("x");
    const { axis, batchDims } = call.attributes as GatherV2Attrs;
    if (batchDims > 0) call.refuse("with batchDims has no compiled form");
    const [at = 0] = call.tf.util.parseAxisParam(axis, [...x.shape]);
    return call.b.op("Gather", [x.name, cast(call.b, call.input("indices"), "int32")], { axis: at });
  },
  /** out[id] += x of that id, one after another; negative ids go to a row that is cut off in the end. */
  UnsortedSegmentSum: call => {
    const { b, output } = call;
    const [x, ids] = [call.input("x"), call.input("segmentIds")];
    const { numSegments } = call.attributes as UnsortedSegmentSumAttrs;
    const [rows, width] = [sizeOf(ids.shape), sizeOf(x.shape) / Math.max(1, sizeOf(ids.shape))];
    if (x.dtype !== "float32") call.refuse("of whole numbers has no compiled form");
    const int = (value: number): string => b.constant("int32", [], Int32Array.of(value));
    const places = b.op("Where", [b.op("Less", [ids.name, int(0)]), int(numSegments), ids.name]);
    const indices = b.op("Expand", [b.op("Reshape", [places, b.ints([rows, 1])]), b.ints([rows, width])]);
    const zeros = b.op("Expand", [b.scalar(0), b.ints([numSegments + 1, width])]);
    const updates = b.op("Reshape", [x.name, b.ints([rows, width])]);
    const sums = b.op("ScatterElements", [zeros, indices, updates], { axis: 0, reduction: "add" });
    const whole = b.op("Slice", [sums, b.ints([0]), b.ints([numSegments]), b.ints([0])]);
    return b.op("Reshape", [whole, b.ints(output.shape)]);
  },
  /** By comparison, so that an index that is no class gives a row of `offValue`. */
  OneHot: call => {
    const { b, output } = call;
    const indices = call.input("indices");
    const { depth, onValue, offValue } = call.attributes as OneHotAttrs;
    const classes = b.constant(
      "int32",
      [depth],
      Int32Array.from({ length: depth }, (_, i) => i),
    );
    const last = b.op("Unsqueeze", [cast(b, indices, "int32"), b.ints([indices.shape.length])]);
    const value = (x: number): string => b.scalar(x);
    const row = b.op("Where", [b.op("Equal", [last, classes]), value(onValue), value(offValue)]);
    return output.dtype === "float32" ? row : b.op("Cast", [row], { to: onnxType(output.dtype) });
  },
};

function reshape(call: Call, x: Operand): string {
  return call.b.op("Reshape", [x.name, call.b.ints(call.output.shape)], { allowzero: 1 });
}

function reverse({ b }: Call, x: Operand, axes: readonly number[]): string {
  if (axes.length === 0) return b.op("Identity", [x.name]);
  const all = (value: (n: number) => number): string => b.ints(axes.map(axis => value(x.shape[axis] ?? 0)));
  // To before the first element: a negative end counts from the back, so it must lie beyond the front.
  return b.op("Slice", [x.name, all(() => -1), all(n => -n - 1), b.ints(axes), all(() => -1)]);
}

/** All paddings before, then all after. */
function padsOf(b: Builder, paddings: readonly (readonly [number, number])[]): string {
  return b.ints([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
}
