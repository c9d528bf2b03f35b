import { type DType, fromBytes, itemSize, type TypedArray } from "./arrays.js";

/** How numbers lie in a file, and as what they are read: the smallest `DType` that holds all of them exactly. */
export interface StoredType {
  /** As NumPy calls it: `uint16`. */
  readonly name: string;
  readonly dtype: DType;
  /** Bytes of one. */
  readonly size: number;
  /** Throws a RangeError at a value that `dtype` cannot hold. */
  readonly read: (bytes: Uint8Array) => TypedArray;
}

/** The same, in either order of bytes. */
interface NumberType extends Omit<StoredType, "read"> {
  readonly read: (bytes: Uint8Array, bigEndian: boolean) => TypedArray;
}

/** The type that NumPy writes as `<u2`, `|b1` or `>f4`, or nothing. */
export function storedType(descr: string): StoredType | undefined {
  const type = byCode.get(descr.slice(1));
  if (type === undefined || !/^[<>|=]/.test(descr)) return undefined;
  const bigEndian = descr.startsWith(">");
  return { ...type, read: bytes => type.read(bytes, bigEndian) };
}

const exact = (name: string, dtype: DType): NumberType => ({
  name,
  dtype,
  size: itemSize(dtype),
  read: (bytes, bigEndian) => fromBytes(dtype, bigEndian ? swapped(bytes, itemSize(dtype)) : bytes),
});

const widened = (
  name: string,
  size: number,
  dtype: DType,
  into: (count: number) => Int32Array | Float32Array | Uint8Array,
  number: (view: DataView, at: number, little: boolean) => number,
): NumberType => ({
  ...{ name, dtype, size },
  read: (bytes, bigEndian) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const out = into(bytes.byteLength / size);
    for (let i = 0; i < out.length; i++) out[i] = number(view, i * size, !bigEndian);
    return out;
  },
});

const large = (
  name: string,
  size: number,
  number: (view: DataView, at: number, little: boolean) => bigint,
): NumberType => ({
  ...{ name, dtype: "i8", size },
  read: (bytes, bigEndian) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const out = new BigInt64Array(bytes.byteLength / size);
    for (let i = 0; i < out.length; i++) {
      const value = number(view, i * size, !bigEndian);
      if (value > MOST) throw new RangeError(`${String(value)} (element ${i}) is beyond 2^63 - 1`);
      out[i] = value;
    }
    return out;
  },
});

const MOST = 2n ** 63n - 1n;

const byCode: ReadonlyMap<string, NumberType> = new Map([
  ["u1", exact("uint8", "u1")],
  ["i1", exact("int8", "i1")],
  [
    "b1",
    widened(
      "bool",
      1,
      "u1",
      n => new Uint8Array(n),
      (v, at) => (v.getUint8(at) === 0 ? 0 : 1),
    ),
  ],
  [
    "i2",
    widened(
      "int16",
      2,
      "i4",
      n => new Int32Array(n),
      (v, at, little) => v.getInt16(at, little),
    ),
  ],
  [
    "u2",
    widened(
      "uint16",
      2,
      "i4",
      n => new Int32Array(n),
      (v, at, little) => v.getUint16(at, little),
    ),
  ],
  ["i4", exact("int32", "i4")],
  ["u4", large("uint32", 4, (v, at, little) => BigInt(v.getUint32(at, little)))],
  ["i8", exact("int64", "i8")],
  ["u8", large("uint64", 8, (v, at, little) => v.getBigUint64(at, little))],
  [
    "f2",
    widened(
      "float16",
      2,
      "f4",
      n => new Float32Array(n),
      (v, at, little) => half(v.getUint16(at, little)),
    ),
  ],
  ["f4", exact("float32", "f4")],
  ["f8", exact("float64", "f8")],
]);

/** The names of all of them. */
export const storedNames: readonly string[] = [...byCode.values()].map(({ name }) => name);

/** IEEE 754 binary16. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 === 0 ? 1 : -1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i - (i % size) + size - 1 - (i % size)] ?? 0;
  return out;
}
