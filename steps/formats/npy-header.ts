import { type DType, elementCount, fromBytes, itemSize, shapeText, type TypedArray } from "./arrays.js";

/**
 * The header of a NumPy .npy file (NEP 1; numpy.lib.format, versions 1.0 to 3.0): magic, version, header length,
 * a Python dict literal padded so that the data begins at a multiple of 64 bytes.
 * Numbers of types that have no `DType` are widened as they are read. Does not: take Fortran-ordered, structured or
 * object arrays; each is an error that says so.
 */
export interface NpyHeader {
  /** Of the numbers once they are read. */
  readonly dtype: DType;
  /** How they lie in the file. */
  readonly stored: StoredType;
  readonly shape: readonly number[];
  /** Where the data begins, bytes. */
  readonly dataOffset: number;
  /** Length of the data, bytes. */
  readonly dataBytes: number;
}

/** Enough bytes to know how long the whole header is. */
export const npyPreludeBytes = 12;

/** Length of the whole header, from the file's first `npyPreludeBytes` bytes (fewer only if the file is shorter). */
export function npyHeaderBytes(prelude: Uint8Array, name: string): number {
  if (prelude.length < 10 || !magic.every((byte, i) => prelude[i] === byte))
    throw new Error(`${name}: no .npy file (it does not begin with the magic \\x93NUMPY)`);
  const view = new DataView(prelude.buffer, prelude.byteOffset, prelude.byteLength);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw new Error(`${name}: .npy version ${version} is not known`);
  if (version === 1) return 10 + view.getUint16(8, true);
  if (prelude.length < 12) throw new Error(`${name}: the .npy header is cut short`);
  const length = view.getUint32(8, true);
  // NumPy's own limit for headers that are not trusted is 10,000 bytes.
  if (length > 65536) throw new Error(`${name}: a .npy header of ${length} bytes is not believable`);
  return 12 + length;
}

/** Throws unless a file of so many bytes holds just what its header says. */
export function checkLength(header: NpyHeader, bytes: number, name: string): void {
  const expected = header.dataOffset + header.dataBytes;
  if (bytes !== expected)
    throw new Error(
      `${name}: ${bytes < expected ? "cut short" : "too long"}: ${bytes} bytes, ` +
        `but ${header.stored.name} ${shapeText(header.shape)} makes ${expected}`,
    );
}

/** Parses a whole header, `npyHeaderBytes` long. */
export function parseNpyHeader(header: Uint8Array, name: string): NpyHeader {
  const start = header[6] === 1 ? 10 : 12;
  const text = Buffer.from(header.buffer, header.byteOffset + start, header.length - start).toString(
    "latin1",
  );
  const descr =
    /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/.exec(
      text,
    );
  if (descr === null) {
    if (/'descr':\s*\[/.test(text)) throw new Error(`${name}: structured .npy arrays are not supported`);
    throw new Error(`${name}: the .npy header cannot be read: ${JSON.stringify(text.slice(0, 120))}`);
  }
  const [, type = "", order, dims = ""] = descr;
  const stored = storedType(type);
  if (stored === undefined)
    throw new Error(`${name}: dtype '${type}' is not supported (known: ${storedNames.join(", ")})`);
  const shape = dims
    .split(",")
    .map(d => d.trim())
    .filter(d => d !== "")
    .map(Number);
  if (order === "True" && shape.length > 1)
    throw new Error(`${name}: the array is in Fortran order; save numpy.ascontiguousarray(array)`);
  const dataBytes = elementCount(shape) * stored.size;
  return { dtype: stored.dtype, stored, shape, dataOffset: header.length, dataBytes };
}

/** The version 1.0 header that NumPy itself writes for this array, byte for byte. */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  elementCount(shape);
  const dims = shape.length === 1 ? `${shape[0] ?? 0},` : shape.join(", ");
  const descr = written[dtype];
  // NumPy leaves room for the first dimension to grow to 21 digits in place.
  const room = shape.length > 0 ? " ".repeat(21 - String(shape[0]).length) : "";
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }${room}`;
  const padding = 64 - ((10 + dict.length + 1) % 64);
  const body = `${dict}${" ".repeat(padding)}\n`;
  if (body.length > 65535) throw new RangeError("too many dimensions for a .npy header");
  const header = Buffer.alloc(10 + body.length);
  header.set(magic);
  header.writeUInt8(1, 6);
  header.writeUInt16LE(body.length, 8);
  header.write(body, 10, "latin1");
  return header;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const written: Readonly<Record<DType, string>> = {
  u1: "|u1",
  i1: "|i1",
  i4: "<i4",
  i8: "<i8",
  f4: "<f4",
  f8: "<f8",
};

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
