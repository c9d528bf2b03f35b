import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type DType, elementCount, type TypedArray } from "./arrays.js";
import { checkLength, npyHeaderBytes, npyPreludeBytes, parseNpyHeader } from "./npy-header.js";

/** An .npy file whose numbers stay on the disk; it is opened only while it is read. */
export interface NpyItems {
  readonly dtype: DType;
  /** The type that the numbers have in the file, as NumPy calls it. */
  readonly stored: string;
  readonly shape: readonly number[];
  /**
   * The items of these numbers, one after another, where the array is taken as a list of items of `size` elements
   * each. Read on the calling thread: for a few hundred small items that is faster than to wait for others.
   */
  pick(indices: ArrayLike<number>, size: number): TypedArray;
}

/** Reads the header. Throws when the file is cut short, too long, or of a kind that npy-header.ts refuses. */
export function npyItems(path: string): NpyItems {
  const { dtype, stored, shape, dataOffset } = withFile(path, file => {
    const prelude = new Uint8Array(npyPreludeBytes);
    const length = npyHeaderBytes(prelude.subarray(0, readSync(file, prelude, 0, prelude.length, 0)), path);
    const header = new Uint8Array(length);
    readAt(file, header, 0, path);
    const parsed = parseNpyHeader(header, path);
    checkLength(parsed, fstatSync(file).size, path);
    return parsed;
  });
  return {
    dtype,
    stored: stored.name,
    shape,
    pick(indices, size) {
      const bytes = size * stored.size;
      const count = elementCount(shape) / size;
      const out = new Uint8Array(indices.length * bytes);
      withFile(path, file => {
        for (const { at, from, to } of runs(indices)) {
          if (!(Number.isInteger(from) && from >= 0 && to <= count))
            throw new RangeError(`${path}: items ${from} to ${to} are not within 0 to ${count}`);
          readAt(file, out.subarray(at * bytes, (at + to - from) * bytes), dataOffset + from * bytes, path);
        }
      });
      return stored.read(out);
    },
  };
}

/** Runs of items that lie side by side, which are read together; `at` is the place of the first among `indices`. */
function* runs(indices: ArrayLike<number>): Generator<{ at: number; from: number; to: number }> {
  for (let at = 0; at < indices.length;) {
    const from = indices[at] ?? 0;
    let to = from + 1;
    while (at + to - from < indices.length && indices[at + to - from] === to) to++;
    yield { at, from, to };
    at += to - from;
  }
}

function withFile<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, "r");
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** A read call takes at most 2^31 - 1 bytes. */
const chunk = 2 ** 30;

function readAt(file: number, out: Uint8Array, at: number, name: string): void {
  for (let done = 0; done < out.length;) {
    const read = readSync(file, out, done, Math.min(chunk, out.length - done), at + done);
    if (read === 0) throw new Error(`${name}: cut short: ${at + done} bytes, ${at + out.length} are needed`);
    done += read;
  }
}
