import { bytesOf, elementCount, type NdArray, shapeText, type TypedArray } from "./arrays.js";
import type { StoredArray } from "./npy.js";

/**
 * The IDX format of MNIST (LeCun, Cortes, Burges): two zero bytes, a type byte, the number of dimensions, the
 * dimensions as big-endian 32-bit integers, then the elements, big-endian, in C order.
 * `parseIdx` takes the decompressed bytes; `name` stands in errors. Types: uint8, int8, int16, int32, float32, float64.
 */
export function parseIdx(bytes: Uint8Array, name: string): StoredArray {
  if (!isIdx(bytes))
    throw new Error(`${name}: no IDX file (it must begin with two zero bytes, a type and a rank)`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = types.get(view.getUint8(2));
  const rank = view.getUint8(3);
  if (type === undefined)
    throw new Error(`${name}: IDX type 0x${view.getUint8(2).toString(16)} is not supported`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new Error(`${name}: the IDX header is cut short`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i, false));
  const count = elementCount(shape);
  const expected = start + count * type.size;
  if (bytes.length !== expected)
    throw new Error(
      `${name}: ${bytes.length < expected ? "cut short" : "too long"}: ${bytes.length} bytes, ` +
        `but ${type.dtype} ${shapeText(shape)} makes ${expected}`,
    );
  return { dtype: type.dtype, stored: type.stored, shape, data: type.read(view, start, count) };
}

/** True for bytes whose first four can begin an IDX file. */
export function isIdx(bytes: Uint8Array): boolean {
  const [a, b, type = 0, rank = 0] = bytes;
  return a === 0 && b === 0 && type >= 0x08 && type <= 0x0e && rank >= 1 && rank <= 8;
}

/** An IDX file of bytes, such as images [N, H, W] or labels [N]. */
export function encodeIdx(data: Uint8Array, shape: readonly number[]): Uint8Array {
  if (elementCount(shape) !== data.length)
    throw new RangeError(`${data.length} elements are not ${shapeText(shape)}`);
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 0x08;
  header[3] = shape.length;
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, bytesOf(data)]);
}

interface IdxType {
  readonly dtype: NdArray["dtype"];
  /** As NumPy calls it. */
  readonly stored: string;
  readonly size: number;
  read(view: DataView, start: number, count: number): TypedArray;
}

const types: ReadonlyMap<number, IdxType> = new Map<number, IdxType>([
  [
    0x08,
    {
      dtype: "u1",
      stored: "uint8",
      size: 1,
      read: (v, at, n) => new Uint8Array(v.buffer, v.byteOffset + at, n),
    },
  ],
  [
    0x09,
    {
      dtype: "i1",
      stored: "int8",
      size: 1,
      read: (v, at, n) => new Int8Array(v.buffer, v.byteOffset + at, n),
    },
  ],
  [
    0x0b,
    {
      dtype: "i4",
      stored: "int16",
      size: 2,
      read: (v, at, n) => fill(new Int32Array(n), i => v.getInt16(at + 2 * i)),
    },
  ],
  [
    0x0c,
    {
      dtype: "i4",
      stored: "int32",
      size: 4,
      read: (v, at, n) => fill(new Int32Array(n), i => v.getInt32(at + 4 * i)),
    },
  ],
  [
    0x0d,
    {
      dtype: "f4",
      stored: "float32",
      size: 4,
      read: (v, at, n) => fill(new Float32Array(n), i => v.getFloat32(at + 4 * i)),
    },
  ],
  [
    0x0e,
    {
      dtype: "f8",
      stored: "float64",
      size: 8,
      read: (v, at, n) => fill(new Float64Array(n), i => v.getFloat64(at + 8 * i)),
    },
  ],
]);

function fill<T extends Int32Array | Float32Array | Float64Array>(out: T, value: (i: number) => number): T {
  for (let i = 0; i < out.length; i++) out[i] = value(i);
  return out;
}
