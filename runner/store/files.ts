import { basename, dirname, join } from "node:path";
import process from "node:process";
import type { BigIntStats } from "node:fs";
import { sha256 } from "../cache/hash.js";
import { isCode, type Disk } from "./disk.js";
import { faultAt } from "./fault.js";

/**
 * Writes a whole file so that it is either absent (or as before) or complete: temporary name, fsync, rename.
 * `durable: false` leaves the fsync out, for caches whose loss or tearing costs time only.
 */
export function writeAtomic(
  disk: Disk,
  file: string,
  data: string | Uint8Array,
  options: { durable?: boolean } = {},
): void {
  const temporary = temporaryName(file);
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const fd = inFolder(disk, temporary, () => disk.open(temporary, "w"));
  try {
    try {
      for (let done = 0; done < bytes.length;) done += disk.write(fd, bytes, done);
      if (options.durable !== false) disk.sync(fd);
    } finally {
      disk.close(fd);
    }
    disk.rename(temporary, file);
  } catch (error) {
    discard(disk, temporary);
    throw faultAt(error, file);
  }
}

/** Writes what only saves time: on a store that cannot be written (read-only, full, failing) it is gone without. */
export function writeDisposable(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isCode(error, ...REFUSALS)) throw error;
  }
}

/** Removes a file or folder and all that is in it, also where a program has made folders of its own read-only. */
export function remove(disk: Disk, path: string): void {
  const stat = disk.lstat(path);
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    unlessGone(() => disk.unlink(path));
    return;
  }
  unlessGone(() => {
    if ((stat.mode & 0o700n) !== 0o700n) disk.chmod(path, 0o700);
    // What a program that is being ended still writes meanwhile goes in the next turn.
    for (let turn = 0; ; turn++) {
      for (const name of disk.list(path)) remove(disk, `${path}/${name}`);
      try {
        disk.removeFolder(path);
        return;
      } catch (error) {
        if (!isCode(error, "ENOTEMPTY", "EEXIST") || turn === 3) throw error;
      }
    }
  });
}

/** Renames; false where something is in the way, or what was to be moved is gone. */
export function moved(disk: Disk, from: string, to: string): boolean {
  try {
    disk.rename(from, to);
    return true;
  } catch (error) {
    if (!isCode(error, "ENOTEMPTY", "EEXIST", "ENOTDIR", "ENOENT")) throw error;
    return false;
  }
}

/** Removes what a fault has left, when that is possible: the fault itself is what must be told. */
export function discard(disk: Disk, path: string): void {
  writeDisposable(() => remove(disk, path));
}

/** Runs a step that puts something at `path`, making its folder when it turns out to be missing: most often it is there. */
export function inFolder<T>(disk: Disk, path: string, put: () => T): T {
  try {
    return put();
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    disk.makeFolder(dirname(path));
    return put();
  }
}

/** Removes a folder if there is nothing in it. */
export function removeEmpty(disk: Disk, folder: string): void {
  try {
    disk.removeFolder(folder);
  } catch (error) {
    if (!isCode(error, "ENOENT", "ENOTEMPTY", "EEXIST")) throw error;
  }
}

/** Flushes a file's bytes to the disk, which may take minutes: the process goes on with other things meanwhile. */
export async function flushFile(disk: Disk, file: string): Promise<void> {
  const fd = disk.open(file, "r");
  try {
    await disk.syncLater(fd);
  } catch (error) {
    throw faultAt(error, file);
  } finally {
    disk.close(fd);
  }
}

/** Flushes a small file's bytes, or a folder's names, to the disk. */
export function fsyncFile(disk: Disk, file: string): void {
  const fd = disk.open(file, "r");
  try {
    disk.sync(fd);
  } catch (error) {
    throw faultAt(error, file);
  } finally {
    disk.close(fd);
  }
}

/**
 * Flushes the names in a file's folder: from then on a power failure cannot take the file's name back. Wanted where
 * something is removed because it is kept there now; other names may be lost, which costs work and no more.
 */
export function fsyncName(disk: Disk, file: string): void {
  try {
    fsyncFile(disk, dirname(file));
  } catch (error) {
    // Systems that cannot open a folder write names through.
    if (!isCode(error, "EISDIR", "EPERM", "EINVAL", "ENOTSUP")) throw error;
  }
}

/** The names in a folder, or nothing when there is no such folder. */
export function listIfAny(disk: Disk, folder: string): string[] | undefined {
  try {
    return disk.list(folder);
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

/**
 * A name in the same folder, unique among the processes of one host and, by its start, among a process's own writes. It
 * holds no more of a long name than the disk can take.
 */
export function temporaryName(file: string): string {
  const name = basename(file);
  const short = Buffer.byteLength(name) <= LONG_NAME ? name : sha256(name).slice(0, 16);
  return join(dirname(file), `${short}.${process.pid}-${(counter++).toString(36)}.tmp`);
}
let counter = 0;
/** Bytes; disks take at least 255, some of them in units of two. */
const LONG_NAME = 100;

/** The number of the process that writes a temporary file. */
export function writerOf(name: string): number | undefined {
  const pid = /\.(\d+)-[0-9a-z]+\.tmp$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

export function isTemporary(name: string): boolean {
  return /\.\d+-[0-9a-z]+\.tmp$/.test(name);
}

/**
 * Lets the process's beats and signals through now and then, in loops over very many things. Given before each how much
 * work it is (1: a call of the system); what it returns is to be awaited where it is something.
 */
export function breather(): (weight?: number) => Promise<void> | undefined {
  let done = 0;
  return (weight = 1) => {
    done += weight;
    if (done < BREATH) return undefined;
    done = 0;
    return new Promise(resolve => void setImmediate(resolve));
  };
}

/** Some milliseconds. */
const BREATH = 512;

/** Whether there is no room for what was to be written. */
export function isFull(error: unknown): boolean {
  return isCode(error, "ENOSPC", "EDQUOT");
}

/** What a disk answers when it cannot or must not be written. */
const REFUSALS = [
  ...["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE"],
  ...["EISDIR", "ENOTDIR", "EEXIST", "ENOTEMPTY", "EXDEV", "ELOOP"],
];

function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}
