import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  type BigIntStats,
} from "node:fs";
import { dirname } from "node:path";
import process from "node:process";

/**
 * Writes a whole file so that it is either absent (or as before) or complete: temporary name, fsync, rename.
 * `durable: false` leaves the fsync out, for caches whose loss or tearing costs time only.
 */
export function writeAtomic(
  file: string,
  data: string | Uint8Array,
  options: { durable?: boolean } = {},
): void {
  const temporary = temporaryName(file);
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  try {
    const fd = openForWriting(temporary);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
      if (options.durable !== false) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Flushes a file's bytes to the disk. */
export function fsyncFile(file: string): void {
  const fd = openSync(file, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** `lstat`, or nothing when there is no such file; other faults are thrown. */
export function lstatIfAny(file: string): BigIntStats | undefined {
  return lstatSync(file, { bigint: true, throwIfNoEntry: false });
}

/** True when nothing that could have changed the bytes happened between the two. */
export function sameStat(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}

/** Unique among the processes of one host and, by its start, among a process's own writes. */
export function temporaryName(file: string): string {
  return `${file}.${process.pid}-${(counter++).toString(36)}.tmp`;
}
let counter = 0;

/** Opens a new file, making its folder only when it turns out to be missing: most often it is there. */
function openForWriting(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, "w");
  }
}

export function isCode(error: unknown, ...codes: string[]): boolean {
  // Not by `instanceof`: an error of the file system may come from another realm (workers, test runners).
  return typeof error === "object" && error !== null && "code" in error && codes.includes(String(error.code));
}
