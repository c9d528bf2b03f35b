import {
  closeSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  read,
  readFileSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statfsSync,
  statSync,
  symlinkSync,
  unlinkSync,
  write,
  writeSync,
  type BigIntStats,
} from "node:fs";
import { constants as systemConstants } from "node:os";
import { dirname } from "node:path";

/**
 * The file-system operations of which the store is made, one by one: nothing else in `runner/store` touches the
 * disk. A test's disk may count them, refuse any, tear a write in half, or die at the n-th; what the store promises
 * is proven by doing that at every one (test/faults).
 * Each throws the system's error (with `code`) unless it says otherwise.
 */
export interface Disk {
  /**
   * `r`: to read; `w`: an empty file to write; `a`: to write at the end. A new file gets the `permissions` that the mask of
   * the process leaves. Gives a descriptor.
   */
  open(path: string, mode: "r" | "w" | "a", permissions?: number): number;
  /** Writes bytes from `offset` on; may write fewer than there are. Gives how many. */
  write(fd: number, bytes: Uint8Array, offset: number): number;
  /** The same without keeping the process from anything else: for bytes that are many. */
  writeLater(fd: number, bytes: Uint8Array, offset: number): Promise<number>;
  /** Returns when all that was written has reached the disk. */
  sync(fd: number): void;
  /** The same without keeping the process from anything else: for bytes that may be many. */
  syncLater(fd: number): Promise<void>;
  close(fd: number): void;
  /** The next bytes, into `buffer`; 0 at the end. */
  read(fd: number, buffer: Buffer): Promise<number>;
  /** The same, while the caller waits: for threads that do nothing else. */
  readSync(fd: number, buffer: Buffer): number;
  /** A whole file. Never waits nor goes on for ever: what is not a file (a pipe, a device) is an error, EINVAL. */
  readFile(path: string): Buffer;
  list(folder: string): string[];
  /** Nothing where there is no such file. Links are not followed. */
  lstat(path: string): BigIntStats | undefined;
  /** Nothing where there is no such file. Links are followed. */
  stat(path: string): BigIntStats | undefined;
  realpath(path: string): string;
  /** Makes a folder and those it lies in; none of them need be new. */
  makeFolder(path: string): void;
  /** Replaces what is there in one step. */
  rename(from: string, to: string): void;
  /** Gives a file a second name. */
  link(file: string, to: string): void;
  /** Makes a symbolic link at `path`, unless something is there already (EEXIST): in one step, with its text. */
  symlink(text: string, path: string): void;
  /** The text of a symbolic link. */
  readlink(path: string): string;
  unlink(path: string): void;
  /** Removes an empty folder. */
  removeFolder(path: string): void;
  chmod(path: string, mode: number): void;
  /** Copies a file with its mode: by sharing its blocks until either is written (reflink) where the disk can. */
  copy(from: string, to: string): void;
  /** The same by reflink alone. Throws where the disk cannot (ENOTSUP, EXDEV, ...). */
  clone(from: string, to: string): void;
}

export const systemDisk: Disk = {
  open: (path, mode, permissions) => openSync(path, mode, permissions),
  write: (fd, bytes, offset) => writeSync(fd, bytes, offset),
  writeLater: (fd, bytes, offset) =>
    new Promise((resolve, reject) =>
      write(fd, bytes, offset, (error, count) => (error === null ? resolve(count) : reject(error))),
    ),
  sync: fsyncSync,
  syncLater: fd =>
    new Promise((resolve, reject) => fsync(fd, error => (error === null ? resolve() : reject(error)))),
  close: closeSync,
  read: (fd, buffer) =>
    new Promise((resolve, reject) =>
      read(fd, buffer, 0, buffer.length, null, (error, count) =>
        error === null ? resolve(count) : reject(error),
      ),
    ),
  readSync: (fd, buffer) => readSync(fd, buffer, 0, buffer.length, null),
  readFile(path) {
    const fd = openSync(path, constants.O_RDONLY | NONBLOCK);
    try {
      const stat = fstatSync(fd);
      // A folder is told by its own code when it is read.
      if (!stat.isFile() && !stat.isDirectory()) throw notAFile(path);
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  list: folder => readdirSync(folder),
  lstat: path => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  stat: path => statSync(path, { bigint: true, throwIfNoEntry: false }),
  realpath: path => realpathSync(path),
  makeFolder,
  rename: renameSync,
  link: linkSync,
  symlink: (text, path) => symlinkSync(text, path),
  readlink: path => readlinkSync(path),
  unlink: unlinkSync,
  removeFolder: path => rmdirSync(path),
  chmod: chmodSync,
  copy: (from, to) => copyFileSync(from, to, constants.COPYFILE_FICLONE),
  clone: (from, to) => copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE),
};

/** Not by Node's recursive `mkdirSync`, which never returns where the system refuses to make any name (as in /proc). */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isCode(error, "EEXIST") && statSync(path).isDirectory()) return;
    if (!isCode(error, "ENOENT") || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
  }
}

function notAFile(path: string): Error {
  return Object.assign(new Error(`EINVAL: not a file, read '${path}'`), {
    code: "EINVAL",
    syscall: "read",
    path,
  });
}

/** Absent on Windows, where no file of ours can be a pipe. */
const NONBLOCK = (constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0;

/** Bytes that may still be written to the disk of a path; nothing where the system does not tell. */
export function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined; // Told beside a fault, which must not be hidden by another.
  }
}

/** Whether an error of the system has one of these names. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}

/** The name of an error of the system; nothing for any other error. */
export function codeOf(error: unknown): string | undefined {
  // Not by `instanceof`: an error of the file system may come from another realm (workers, test runners).
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const code = String(error.code);
  // Node has no names for some (EDQUOT, ESTALE): it gives `Unknown system error -122`.
  const number = /^Unknown system error -(\d+)$/.exec(code)?.[1];
  return number === undefined ? code : (NAMES.get(Number(number)) ?? code);
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(systemConstants.errno).map(([name, number]) => [number, name]),
);
