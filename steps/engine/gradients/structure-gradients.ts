import type {
  ConcatAttrs,
  GatherV2Attrs,
  GradConfig,
  PackAttrs,
  PadV2Attrs,
  ReverseAttrs,
  SliceAttrs,
  SplitVAttrs,
  Tensor,
  Rank,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
} from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { gradient, only } from "./define.js";

/** Gradients of kernels that move, copy or pick elements: each element's gradient goes back to its place. */
export function structure(tf: TensorFlow): GradConfig[] {
  return [
    gradient("Reshape", ["x"], (dy, { x }) => ({ x: () => tf.reshape(dy, x.shape) })),
    gradient("ExpandDims", ["input"], (dy, { input }) => ({ input: () => tf.reshape(dy, input.shape) })),
    gradient("Transpose", [], (dy, _kept, attrs) => {
      const { perm } = attrs as unknown as TransposeAttrs;
      return { x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm)) };
    }),
    gradient("Reverse", [], (dy, _kept, attrs) => {
      const { dims } = attrs as unknown as ReverseAttrs;
      return { x: () => tf.reverse(dy, dims) };
    }),
    gradient("Slice", ["x"], (dy, { x }, attrs) => {
      const { begin, size } = attrs as unknown as SliceAttrs;
      const [from = [], length = []] = tf.slice_util.parseSliceParams(x, begin, size);
      const around = x.shape.map((n, i): [number, number] => {
        const before = from[i] ?? 0;
        return [before, n - before - (length[i] ?? 0)];
      });
      return { x: () => tf.pad(dy, around) };
    }),
    gradient("PadV2", ["x"], (dy, { x }, attrs) => {
      const { paddings } = attrs as unknown as PadV2Attrs;
      const begin = paddings.map(([before]) => before);
      return { x: () => tf.slice(dy, begin, x.shape) };
    }),
    gradient("Tile", ["x"], (dy, { x }, attrs) => {
      const { reps } = attrs as unknown as TileAttrs;
      return { x: () => sumCopies(tf, dy, x.shape, reps) };
    }),
    gradient("GatherV2", ["x", "indices"], (dy, { x, indices }, attrs) => {
      const { axis, batchDims } = attrs as unknown as GatherV2Attrs;
      if (batchDims > 0) throw new Error("The gradient of gather with batchDims is not supported.");
      return { x: () => scatter(tf, dy, x, indices, tf.util.parseAxisParam(axis, x.shape)[0] ?? 0) };
    }),
    gradient("Select", ["condition"], (dy, { condition }) => ({
      condition: () => tf.zeros(condition.shape),
      t: () => tf.where(condition, dy, tf.zerosLike(dy)),
      e: () => tf.where(condition, tf.zerosLike(dy), dy),
    })),
    {
      kernelName: "Concat",
      saveAllInputs: true,
      gradFunc(dy, parts, attrs) {
        const axis = tf.util.parseAxisParam((attrs as unknown as ConcatAttrs).axis, only(dy).shape)[0] ?? 0;
        return fan(
          parts,
          tf.split(
            only(dy),
            parts.map(part => part.shape[axis] ?? 0),
            axis,
          ),
        );
      },
    },
    {
      kernelName: "Pack",
      saveAllInputs: true,
      gradFunc: (dy, parts, attrs) => fan(parts, tf.unstack(only(dy), (attrs as unknown as PackAttrs).axis)),
    },
    {
      kernelName: "Unpack",
      gradFunc: (dy, _saved, attrs) => ({
        value: () => tf.stack(all(dy), (attrs as unknown as UnpackAttrs).axis),
      }),
    },
    {
      kernelName: "SplitV",
      gradFunc: (dy, _saved, attrs) => ({
        x: () => tf.concat(all(dy), (attrs as unknown as SplitVAttrs).axis),
      }),
    },
  ];
}

function all(dy: Tensor | Tensor[]): Tensor[] {
  return Array.isArray(dy) ? dy : [dy];
}

/** Input i of a list takes piece i. */
function fan(inputs: readonly Tensor[], pieces: readonly Tensor[]): Record<string, () => Tensor> {
  return Object.fromEntries(inputs.map((input, i) => [String(i), () => pieces[i] ?? input]));
}

/** Every repeated axis n x reps is split in two, [reps, n], and the copies are added up. */
function sumCopies(tf: TensorFlow, dy: Tensor, shape: readonly number[], reps: readonly number[]): Tensor {
  const split: number[] = [];
  const copies: number[] = [];
  shape.forEach((n, i) => {
    const times = reps[i] ?? 1;
    if (times > 1) copies.push(split.push(times) - 1);
    split.push(n);
  });
  return tf.reshape(copies.length > 0 ? tf.sum(tf.reshape(dy, split), copies) : dy, [...shape]);
}

/** The gradient of gather: adds each picked slice to the slice of x that it came from. dy: x's shape with `indices` at `axis`. */
function scatter(tf: TensorFlow, dy: Tensor, x: Tensor, indices: Tensor, axis: number): Tensor {
  const rest = x.shape.filter((_, i) => i !== axis);
  const outer = x.shape.slice(0, axis);
  const inner = x.shape.slice(axis + 1);
  const picked = tf.reshape(dy, [...outer, indices.size, ...inner]);
  const front = [axis, ...x.shape.keys()].filter((value, i) => i === 0 || value !== axis);
  const summed = tf.unsortedSegmentSum(
    tf.transpose(picked, front),
    tf.reshape<Rank.R1>(indices, [indices.size]),
    x.shape[axis] ?? 0,
  );
  return tf.transpose(
    tf.reshape(summed, [x.shape[axis] ?? 0, ...rest]),
    tf.backend_util.getUndoAxesPermutation(front),
  );
}
