import type {
  ConcatAttrs,
  CropAndResizeAttrs,
  ExpandDimsAttrs,
  GatherV2Attrs,
  MirrorPadAttrs,
  OneHotAttrs,
  PackAttrs,
  PadV2Attrs,
  ReshapeAttrs,
  ResizeBilinearAttrs,
  SliceAttrs,
  SplitVAttrs,
  StridedSliceAttrs,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
  UnsortedSegmentSumAttrs,
} from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../../types.js";
import { sizeOf, type ValueType } from "../graph.js";
import type { Shaped } from "../recorder.js";
import { input, type Inputs, rule, type ShapeRule } from "../rule.js";

/** Kernels that move, copy, pick or resize. */
export const structure: Readonly<Record<string, ShapeRule>> = {
  Reshape: rule((inputs, { shape }: ReshapeAttrs, tf) => {
    const x = input(inputs, "x");
    return { shape: tf.util.inferFromImplicitShape(shape, sizeOf(x.shape)), dtype: x.dtype };
  }),
  ExpandDims: rule((inputs, { dim }: ExpandDimsAttrs) => {
    const x = input(inputs, "input");
    const shape = [...x.shape];
    shape.splice(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
    return { shape, dtype: x.dtype };
  }),
  Transpose: rule((inputs, { perm }: TransposeAttrs) => {
    const x = input(inputs, "x");
    return { shape: perm.map(axis => x.shape[axis] ?? 0), dtype: x.dtype };
  }),
  Reverse: rule(inputs => input(inputs, "x")),
  FlipLeftRight: rule(inputs => input(inputs, "image")),
  Slice: rule((inputs, { begin, size }: SliceAttrs, tf) => {
    const x = input(inputs, "x");
    const [, shape] = tf.slice_util.parseSliceParams({ ...x, dataId: {} }, begin, size);
    return { shape: shape ?? [], dtype: x.dtype };
  }),
  StridedSlice: rule((inputs, attributes: StridedSliceAttrs, tf) => {
    const x = input(inputs, "x");
    return { shape: stridedSlice(tf, x.shape, attributes).finalShape, dtype: x.dtype };
  }),
  PadV2: rule((inputs, { paddings }: PadV2Attrs) => padded(inputs, paddings)),
  MirrorPad: rule((inputs, { paddings }: MirrorPadAttrs) => padded(inputs, paddings)),
  Tile: rule((inputs, { reps }: TileAttrs) => {
    const x = input(inputs, "x");
    return { shape: x.shape.map((n, i) => n * (reps[i] ?? 1)), dtype: x.dtype };
  }),
  Concat: rule((inputs, { axis }: ConcatAttrs, tf) => {
    const parts = Object.values(inputs);
    const first = input(inputs, "0");
    const at = tf.util.parseAxisParam(axis, first.shape)[0] ?? 0;
    const length = parts.reduce((sum, part) => sum + (part.shape[at] ?? 0), 0);
    return { shape: first.shape.map((n, i) => (i === at ? length : n)), dtype: first.dtype };
  }),
  Pack: rule((inputs, { axis }: PackAttrs) => {
    const first = input(inputs, "0");
    const shape = [...first.shape];
    shape.splice(axis < 0 ? shape.length + axis + 1 : axis, 0, Object.keys(inputs).length);
    return { shape, dtype: first.dtype };
  }),
  Unpack: rule((inputs, { axis }: UnpackAttrs) => {
    const { shape, dtype } = input(inputs, "value");
    const at = axis < 0 ? shape.length + axis : axis;
    const piece = { shape: shape.filter((_, i) => i !== at), dtype };
    return Array.from({ length: shape[at] ?? 0 }, () => piece);
  }),
  SplitV: rule((inputs, { numOrSizeSplits, axis }: SplitVAttrs, tf) => {
    const { shape, dtype } = input(inputs, "x");
    const at = tf.util.parseAxisParam(axis, shape)[0] ?? 0;
    const wanted = typeof numOrSizeSplits === "number" ? numOrSizeSplits : [...numOrSizeSplits];
    const sizes = tf.backend_util.prepareSplitSize({ shape, dtype, dataId: {} }, wanted, at);
    return sizes.map(size => ({ shape: shape.map((n, i) => (i === at ? size : n)), dtype }));
  }),
  GatherV2: rule((inputs, { axis, batchDims }: GatherV2Attrs, tf) => {
    const x = input(inputs, "x");
    const at = tf.util.parseAxisParam(axis, x.shape)[0] ?? 0;
    const indices = input(inputs, "indices").shape.slice(batchDims);
    return { shape: [...x.shape.slice(0, at), ...indices, ...x.shape.slice(at + 1)], dtype: x.dtype };
  }),
  UnsortedSegmentSum: rule((inputs, { numSegments }: UnsortedSegmentSumAttrs) => {
    const x = input(inputs, "x");
    const rest = x.shape.slice(input(inputs, "segmentIds").shape.length);
    return { shape: [numSegments, ...rest], dtype: x.dtype };
  }),
  OneHot: rule((inputs, { depth, dtype }: OneHotAttrs) => ({
    shape: [...input(inputs, "indices").shape, depth],
    dtype: dtype as ValueType,
  })),
  ResizeBilinear: resize(),
  ResizeNearestNeighbor: resize(),
  CropAndResize: rule((inputs, { cropSize }: CropAndResizeAttrs) => {
    const [boxes = 0] = input(inputs, "boxes").shape;
    const channels = input(inputs, "image").shape[3] ?? 0;
    return { shape: [boxes, ...cropSize, channels], dtype: "float32" };
  }),
};

/** What a strided slice comes to, its masks resolved. */
export function stridedSlice(
  tf: TensorFlow,
  shape: number[],
  attributes: StridedSliceAttrs,
): ReturnType<TensorFlow["slice_util"]["sliceInfo"]> {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
  return tf.slice_util.sliceInfo(
    ...([shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const),
  );
}

function resize(): ShapeRule {
  return rule((inputs, { size }: ResizeBilinearAttrs) => {
    const images = input(inputs, "images");
    const [n = 0, , , channels = 0] = images.shape;
    return { shape: [n, ...size, channels], dtype: "float32" };
  });
}

function padded(inputs: Inputs, paddings: readonly (readonly [number, number])[]): Shaped {
  const x = input(inputs, "x");
  const shape = x.shape.map((n, i) => n + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  return { shape, dtype: x.dtype };
}
