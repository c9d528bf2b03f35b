/** What TensorFlow's operators on shapes mean, for tensors and for numbers in main memory alike. */
import { axisOf, type NodeCall } from "../node-call.js";
import type { Span } from "../spans.js";

/** Reshape: -1 is what is left. */
export function reshapedShape(from: readonly number[], wanted: readonly number[]): number[] {
  const size = from.reduce((product, n) => product * n, 1);
  const open = wanted.indexOf(-1);
  const rest = wanted.reduce((product, n, i) => (i === open ? product : product * n), 1);
  const shape = open < 0 ? [...wanted] : wanted.with(open, size / rest);
  if (shape.reduce((product, n) => product * n, 1) !== size || shape.some(n => !Number.isInteger(n) || n < 0))
    throw new Error(`[${from.join(", ")}] cannot become [${wanted.join(", ")}]`);
  return shape;
}

export function squeezedShape(call: NodeCall<unknown>, from: readonly number[]): number[] {
  const axes = call.ints("squeeze_dims", []).map(axis => axisOf(axis, from.length));
  return from.filter((size, axis) => size !== 1 || (axes.length > 0 && !axes.includes(axis)));
}

export function expandedShape(call: NodeCall<unknown>, from: readonly number[]): number[] {
  const [axis = 0] = call.has(1) ? call.numbers(1) : [call.int("dim")];
  return from.toSpliced(axisOf(axis, from.length + 1), 0, 1);
}

/** Slice: a size of -1 is the rest. */
export function sliceSpans(call: NodeCall<unknown>, shape: readonly number[]): Span[] {
  const begins = call.numbers(1);
  const sizes = call.numbers(2);
  return shape.map((size, axis) => {
    const begin = begins[axis] ?? 0;
    const count = sizes[axis] === -1 ? size - begin : (sizes[axis] ?? 0);
    if (begin < 0 || count < 0 || begin + count > size)
      throw new Error(`it slices beyond [${shape.join(", ")}]`);
    return { axis, begin, step: 1, count };
  });
}

/** StridedSlice: what is kept, and the shape of that without the axes that an index (and no range) was given for. */
export function strided(
  call: NodeCall<unknown>,
  shape: readonly number[],
): { readonly spans: readonly Span[]; readonly shape: readonly number[] } {
  const [begins, ends, steps] = [1, 2, 3].map(i => call.numbers(i)) as [number[], number[], number[]];
  const bits = (name: string): number => call.int(name, 0);
  const [openBegin, openEnd, single] = [bits("begin_mask"), bits("end_mask"), bits("shrink_axis_mask")];
  if (bits("ellipsis_mask") !== 0 || bits("new_axis_mask") !== 0)
    throw new Error("an ellipsis or a new axis in a slice is not supported");
  if (begins.length > shape.length) throw new Error(`it cuts ${begins.length} axes of ${shape.length}`);
  const spans = begins.map((begin, axis) => {
    const size = shape[axis] ?? 0;
    const has = (mask: number): boolean => ((mask >> axis) & 1) === 1;
    const from = begin < 0 ? begin + size : begin;
    if (has(single)) {
      if (from < 0 || from >= size) throw new Error(`there is no place ${begin} in an axis of ${size}`);
      return { axis, begin: from, step: 1, count: 1 };
    }
    const step = steps[axis] ?? 1;
    if (!Number.isInteger(step) || step === 0) throw new Error(`its step is ${step}`);
    const clamp = (at: number): number =>
      step > 0 ? Math.min(Math.max(at, 0), size) : Math.min(Math.max(at, -1), size - 1);
    const first = has(openBegin) ? (step > 0 ? 0 : size - 1) : clamp(from);
    const end = ends[axis] ?? size;
    const last = has(openEnd) ? (step > 0 ? size : -1) : clamp(end < 0 ? end + size : end);
    return { axis, begin: first, step, count: Math.max(0, Math.ceil((last - first) / step)) };
  });
  const cut = shape.map((size, axis) => spans[axis]?.count ?? size);
  return { spans, shape: cut.filter((_, axis) => ((single >> axis) & 1) === 0 || axis >= spans.length) };
}

/** The sizes that Split and SplitV make of an axis. */
export function splitSizes(call: NodeCall<unknown>, size: number, listed?: readonly number[]): number[] {
  const parts = call.int("num_split", listed?.length ?? call.node.outputs.length);
  if (listed === undefined) {
    if (parts < 1 || size % parts !== 0) throw new Error(`it splits ${size} into ${parts}`);
    return Array<number>(parts).fill(size / parts);
  }
  const rest = size - listed.reduce((sum, n) => (n < 0 ? sum : sum + n), 0);
  const sizes = listed.map(n => (n < 0 ? rest : n));
  if (sizes.reduce((sum, n) => sum + n, 0) !== size || sizes.some(n => n < 0))
    throw new Error(`it splits ${size} into [${listed.join(", ")}]`);
  return sizes;
}
