/**
 * Arithmetic on numbers in main memory: the chains of Shape, Gather, Concat, ... by which exported models work out
 * sizes, and constants that can be computed beforehand. Small arrays; one plain loop each.
 * Does not: anything that images go through.
 */
import { MAX_ELEMENTS, type HostArray } from "./tensor-graph.js";

/** Whole numbers as a vector. */
export function hostInts(values: readonly number[], shape: readonly number[] = [values.length]): HostArray {
  return { type: "int32", shape, data: Float64Array.from(values) };
}

/** An array whose i-th number is `at(i)`, in the type's precision. */
export function hostArray(
  type: HostArray["type"],
  shape: readonly number[],
  at: (i: number) => number,
): HostArray {
  const size = countWithin(shape);
  const data = type === "float32" ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = at(i);
  return { type, shape, data };
}

/** The number of elements; throws a RangeError beyond `MAX_ELEMENTS`, before anything is allocated. */
export function countWithin(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) throw new RangeError(`[${shape.join(", ")}] is no shape`);
    count *= size;
  }
  if (count > MAX_ELEMENTS)
    throw new RangeError(
      `a tensor of [${shape.join(", ")}] would have ${count} numbers; ${MAX_ELEMENTS} is the limit`,
    );
  return count;
}

/** NumPy's broadcasting of shapes. Throws where they do not go together. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(shape => shape.length));
  const out = Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1) continue;
      if (size !== 1 && size !== own)
        throw new Error(`shapes ${shapes.map(s => `[${s.join(", ")}]`).join(" and ")} do not go together`);
      size = own;
    }
    return size;
  });
  countWithin(out);
  return out;
}

/** `f` of the elements of broadcast arrays. */
export function zip(
  type: HostArray["type"],
  arrays: readonly HostArray[],
  f: (values: readonly number[]) => number,
): HostArray {
  const shape = broadcastShape(...arrays.map(array => array.shape));
  const readers = arrays.map(array => reader(array, shape));
  return hostArray(type, shape, i => f(readers.map(read => read(i))));
}

/** The elements of `array` seen as `shape`, which it broadcasts to. */
function reader(array: HostArray, shape: readonly number[]): (i: number) => number {
  if (array.data.length === 1) return () => array.data[0] ?? NaN;
  const own = strides(array.shape).map((stride, axis) => (array.shape[axis] === 1 ? 0 : stride));
  const outer = strides(shape);
  const lead = shape.length - own.length;
  return i => {
    let at = 0;
    for (const [axis, stride] of own.entries())
      at += (Math.floor(i / (outer[axis + lead] ?? 1)) % (shape[axis + lead] ?? 1)) * stride;
    return array.data[at] ?? NaN;
  };
}

export function broadcastTo(array: HostArray, shape: readonly number[]): HostArray {
  return zip(array.type, [array, hostArray(array.type, shape, () => 0)], ([value = NaN]) => value);
}

export function reshaped(array: HostArray, shape: readonly number[]): HostArray {
  if (countWithin(shape) !== array.data.length)
    throw new Error(`[${array.shape.join(", ")}] cannot become [${shape.join(", ")}]`);
  return { ...array, shape };
}

export function transposed(array: HostArray, order: readonly number[]): HostArray {
  const from = strides(array.shape);
  const shape = order.map(axis => array.shape[axis] ?? 1);
  const to = strides(shape);
  return hostArray(array.type, shape, i => {
    let at = 0;
    for (const [axis, stride] of to.entries())
      at += (Math.floor(i / stride) % (shape[axis] ?? 1)) * (from[order[axis] ?? 0] ?? 0);
    return array.data[at] ?? NaN;
  });
}

/** Takes places along an axis; the indices' own shape stands in for that axis. */
export function gathered(array: HostArray, indices: HostArray, axis: number): HostArray {
  const size = array.shape[axis] ?? 0;
  const inner = array.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const places = Array.from(indices.data, i => (i < 0 ? i + size : i));
  const wrong = places.findIndex(i => !(i >= 0 && i < size));
  if (wrong >= 0)
    throw new Error(
      `index ${indices.data[wrong]} is outside of [${array.shape.join(", ")}] along axis ${axis}`,
    );
  const shape = [...array.shape.slice(0, axis), ...indices.shape, ...array.shape.slice(axis + 1)];
  return hostArray(array.type, shape, i => {
    const block = Math.floor(i / inner);
    const outer = Math.floor(block / places.length);
    return array.data[(outer * size + (places[block % places.length] ?? 0)) * inner + (i % inner)] ?? NaN;
  });
}

export function concatenated(arrays: readonly HostArray[], axis: number): HostArray {
  const [first] = arrays;
  if (first === undefined) throw new Error("nothing to concatenate");
  const inner = (array: HostArray): number => array.shape.slice(axis).reduce((product, n) => product * n, 1);
  for (const { shape } of arrays)
    if (shape.length !== first.shape.length || shape.some((n, i) => i !== axis && n !== first.shape[i]))
      throw new Error(`[${shape.join(", ")}] does not go with [${first.shape.join(", ")}]`);
  const shape = first.shape.with(
    axis,
    arrays.reduce((sum, array) => sum + (array.shape[axis] ?? 0), 0),
  );
  const blocks = first.shape.slice(0, axis).reduce((product, n) => product * n, 1);
  const data = new (first.type === "float32" ? Float32Array : Float64Array)(countWithin(shape));
  let at = 0;
  for (let block = 0; block < blocks; block++)
    for (const array of arrays) {
      const length = inner(array);
      data.set(array.data.subarray(block * length, (block + 1) * length), at);
      at += length;
    }
  return { type: first.type, shape, data };
}

/** Numbers `begin`, `begin + step`, ... along an axis, `count` of them. */
export function sliced(
  array: HostArray,
  axis: number,
  begin: number,
  step: number,
  count: number,
): HostArray {
  return gathered(array, hostInts(Array.from({ length: count }, (_, i) => begin + i * step)), axis);
}

function strides(shape: readonly number[]): number[] {
  const out = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    out[axis] = (out[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return out;
}
