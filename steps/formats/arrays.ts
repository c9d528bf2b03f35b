import { endianness } from "node:os";

/**
 * Typed n-dimensional arrays in C order (last axis fastest), as the file formats of `formats/` read and write.
 * `u1` uint8, `i1` int8, `i4` int32, `i8` int64, `f4` float32, `f8` float64; little-endian in files.
 * Does not: compute. That is the engine's work.
 */
export interface NdArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** `elementCount(shape)` elements of the type that `dtype` names. */
  readonly data: TypedArray;
}

export type DType = "u1" | "i1" | "i4" | "i8" | "f4" | "f8";
export type TypedArray = Uint8Array | Int8Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

const itemSizes: Readonly<Record<DType, number>> = { u1: 1, i1: 1, i4: 4, i8: 8, f4: 4, f8: 8 };

/** Bytes of one element. */
export function itemSize(dtype: DType): number {
  return itemSizes[dtype];
}

/**
 * Product of the dimensions; 1 for a scalar's `[]`. Throws a RangeError when a dimension is not a whole number
 * >= 0 or the product is beyond what a number holds exactly: shapes come from files that may lie.
 */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(count))
      throw new RangeError(`impossible shape [${shape.join(", ")}]`);
  }
  return count;
}

/** The dtype of a typed array. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Uint8Array) return "u1";
  if (data instanceof Int8Array) return "i1";
  if (data instanceof Int32Array) return "i4";
  if (data instanceof BigInt64Array) return "i8";
  return data instanceof Float32Array ? "f4" : "f8";
}

/** The bytes of an array, not copied. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Little-endian bytes as elements: a view where the alignment allows it, else a copy. */
export function fromBytes(dtype: DType, bytes: Uint8Array): TypedArray {
  // Every platform that Node supports but s390x is little-endian; there a view would be wrong silently.
  if (endianness() !== "LE") throw new Error("vistas reads and writes arrays on little-endian machines only");
  const size = itemSize(dtype);
  if (bytes.byteLength % size !== 0)
    throw new RangeError(`${bytes.byteLength} bytes are no whole number of ${dtype} elements`);
  // Not `slice`: a Buffer's does not copy.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const [buffer, offset, length] = [aligned.buffer, aligned.byteOffset, aligned.byteLength / size];
  switch (dtype) {
    case "u1":
      return new Uint8Array(buffer, offset, length);
    case "i1":
      return new Int8Array(buffer, offset, length);
    case "i4":
      return new Int32Array(buffer, offset, length);
    case "i8":
      return new BigInt64Array(buffer, offset, length);
    case "f4":
      return new Float32Array(buffer, offset, length);
    case "f8":
      return new Float64Array(buffer, offset, length);
  }
}

/** Whole numbers as int32, such as class labels. Throws a RangeError at a value that is not one. */
export function toInt32(data: TypedArray): Int32Array {
  if (data instanceof Int32Array) return data;
  const out = new Int32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const value = Number(data[i]);
    if ((value | 0) !== value) throw new RangeError(`${value} (element ${i}) is no 32-bit whole number`);
    out[i] = value;
  }
  return out;
}

/** `a` and `b` have the same dimensions. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** `[60000, 28, 28, 1]` */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
