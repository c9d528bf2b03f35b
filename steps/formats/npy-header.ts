import { type DType, elementCount, shapeText } from "./arrays.js";
import { storedNames, type StoredType, storedType } from "./stored-types.js";

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

/** Bytes enough to tell how long the whole header is. */
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
