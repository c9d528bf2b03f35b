import { type FileHandle, open } from "node:fs/promises";
import {
  bytesOf,
  type DType,
  dtypeOf,
  elementCount,
  type NdArray,
  shapeText,
  type TypedArray,
} from "./arrays.js";
import {
  checkLength,
  npyHeader,
  npyHeaderBytes,
  type NpyHeader,
  npyPreludeBytes,
  parseNpyHeader,
} from "./npy-header.js";

/** Reads a whole .npy file. Throws when it is cut short, too long, or of a kind that npy-header.ts refuses. */
export async function readNpy(path: string): Promise<NdArray> {
  const file = await openNpy(path);
  try {
    return { dtype: file.dtype, shape: file.shape, data: await file.elements(0, elementCount(file.shape)) };
  } finally {
    await file.close();
  }
}

/** Writes a whole array. */
export async function writeNpy(path: string, array: NdArray): Promise<void> {
  const writer = await createNpy(path, array.dtype, array.shape);
  await writer.write(array.data);
  await writer.close();
}

/** Parses the bytes of a .npy file; `name` stands in errors. */
export function parseNpy(bytes: Uint8Array, name: string): StoredArray {
  const length = npyHeaderBytes(bytes.subarray(0, npyPreludeBytes), name);
  if (length > bytes.length) throw new Error(`${name}: the .npy header is cut short`);
  const header = parseNpyHeader(bytes.subarray(0, length), name);
  checkLength(header, bytes.length, name);
  const { dtype, shape, stored } = header;
  return { dtype, shape, stored: stored.name, data: stored.read(bytes.subarray(length)) };
}

/** An array as it was read. */
export interface StoredArray extends NdArray {
  /** The type that its numbers have in the file, as NumPy calls it. */
  readonly stored: string;
}

/** A .npy file opened for reading in pieces: nothing is held in memory but what is asked for. */
export interface NpyFile {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Rows `from` (included) to `to` (excluded) along the first axis. */
  rows(from: number, to: number): Promise<TypedArray>;
  close(): Promise<void>;
}

export async function openNpy(path: string): Promise<NpyFile & Elements> {
  const file = await open(path, "r");
  try {
    const prelude = await readAt(file, 0, npyPreludeBytes, path, true);
    const length = npyHeaderBytes(prelude, path);
    const header = parseNpyHeader(await readAt(file, 0, length, path), path);
    checkLength(header, (await file.stat()).size, path);
    return npyFile(file, header, path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes a large array piece by piece, in C order. */
export interface NpyWriter {
  /** Appends elements; the array's dtype must be the file's. */
  write(data: TypedArray): Promise<void>;
  /** Throws when fewer elements were written than the shape holds. */
  close(): Promise<void>;
}

export async function createNpy(path: string, dtype: DType, shape: readonly number[]): Promise<NpyWriter> {
  const total = elementCount(shape);
  const file = await open(path, "w");
  await writeAll(file, npyHeader(dtype, shape));
  let written = 0;
  return {
    async write(data) {
      if (dtypeOf(data) !== dtype) throw new TypeError(`${path} holds ${dtype}, not ${dtypeOf(data)}`);
      written += data.length;
      if (written > total) throw new RangeError(`${path}: more elements than ${shapeText(shape)} holds`);
      await writeAll(file, bytesOf(data));
    },
    async close() {
      await file.close();
      if (written < total)
        throw new RangeError(`${path}: ${written} elements written, ${shapeText(shape)} holds ${total}`);
    },
  };
}

interface Elements {
  /** Elements `from` (included) to `to` (excluded), in C order. */
  elements(from: number, to: number): Promise<TypedArray>;
}

function npyFile(file: FileHandle, header: NpyHeader, path: string): NpyFile & Elements {
  const { dtype, stored, shape, dataOffset } = header;
  const elements = async (from: number, to: number): Promise<TypedArray> => {
    const { size } = stored;
    return stored.read(await readAt(file, dataOffset + from * size, (to - from) * size, path));
  };
  return {
    dtype,
    shape,
    elements,
    rows(from, to) {
      const [count, ...row] = shape;
      if (count === undefined) throw new RangeError(`${path}: a scalar has no rows`);
      if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= count))
        throw new RangeError(`${path}: rows ${from} to ${to} are not within 0 to ${count}`);
      const width = elementCount(row);
      return elements(from * width, to * width);
    },
    close: () => file.close(),
  };
}

/** A read call takes at most 2^31 - 1 bytes. */
const chunk = 2 ** 30;

async function readAt(
  file: FileHandle,
  at: number,
  bytes: number,
  name: string,
  fewer = false,
): Promise<Uint8Array> {
  const out = new Uint8Array(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await file.read(out, done, Math.min(chunk, bytes - done), at + done);
    if (bytesRead === 0) {
      if (fewer) return out.subarray(0, done);
      throw new Error(`${name}: cut short: ${at + done} bytes, ${at + bytes} are needed`);
    }
    done += bytesRead;
  }
  return out;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(chunk, bytes.length - done));
    done += bytesWritten;
  }
}
