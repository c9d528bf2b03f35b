import { dirname } from "node:path";
import { codeOf, freeBytes } from "./disk.js";

/**
 * What the system refused, in one line that a user can act on: what, where, and of a full disk how much is free.
 * Nothing for an error that is not the system's.
 */
export function faultText(error: unknown): string | undefined {
  if (!isOfSystem(error)) return undefined;
  const { syscall, path, dest } = error;
  const code = codeOf(error);
  const what = WORDS[String(code)];
  if (what === undefined) return error.message;
  const file = dest ?? path;
  if (file === undefined) return `${what} (${code ?? "?"} in ${syscall ?? "?"})`;
  const free = code === "ENOSPC" || code === "EDQUOT" ? freeBytes(dirname(file)) : undefined;
  const room = free === undefined ? "" : `; ${Math.floor(free / 1e6)} MB are free there`;
  return `${what}: ${shortened(file)} (${code ?? "?"} in ${syscall ?? "?"})${room}`;
}

function shortened(path: string): string {
  return path.length <= MOST_SHOWN
    ? path
    : `${path.slice(0, MOST_SHOWN / 2)}...${path.slice(-MOST_SHOWN / 2)}`;
}

/** Characters of a path that a message shows. */
const MOST_SHOWN = 400;

/** Names the file in an error of the system that knows only its descriptor. */
export function faultAt(error: unknown, path: string): unknown {
  if (isOfSystem(error) && error.path === undefined) error.path = path;
  return error;
}

/** Not by `instanceof`: an error of the file system may come from another realm (workers, test runners). */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException & { dest?: string } {
  return typeof error === "object" && error !== null && "syscall" in error && "code" in error;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ESTALE: "the file is gone from the server of its disk",
  ENAMETOOLONG: "a path is longer than the system allows",
  EROFS: "the disk is read-only",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EMFILE: "too many open files: raise `ulimit -n`, or lower --jobs",
  ENFILE: "too many open files on this machine",
  EIO: "the disk failed to read or write",
  ENOTDIR: "a file lies where a folder belongs (in the store `vistas verify --repair` clears it)",
  EXDEV: "cannot move a file to another disk",
};
