import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
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
  const fd = openForWriting(temporary);
  try {
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

/** Writes what only saves time: on a store that cannot be written (read-only, full) it is gone without. */
export function writeDisposable(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isCode(error, "EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EISDIR", "ENOTDIR", "EEXIST"))
      throw error;
  }
}

/** Removes a file or folder and all that is in it, also where a program has made folders of its own read-only. */
export function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!isCode(error, "EACCES", "EPERM")) throw error;
    openFolders(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Lets the owner list and change every folder below, so that its contents can be moved or removed. */
function openFolders(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return;
  if ((stat.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
  for (const name of readdirSync(path)) openFolders(`${path}/${name}`);
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

/** The names in a folder, or nothing when there is no such folder. */
export function listIfAny(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
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
