import { isCode, type Disk } from "../disk.js";
import { discard } from "../files.js";

/** A file to be copied: its size tells how, and the copy gets `mode`. */
export interface Original {
  readonly path: string;
  readonly bytes: number;
  readonly mode: number;
}

/**
 * Copies a file: by sharing its blocks where the disk can, else its bytes. A large one goes in pieces, between which the
 * process's heartbeat and signals are served; `signal` ends it there. What is at `to` already is overwritten; a copy
 * that does not come to its end is removed.
 */
export async function copyFile(
  disk: Disk,
  { path, bytes, mode }: Original,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    if (bytes <= AT_ONCE) disk.copy(path, to);
    else if (!cloned(disk, path, to)) await copyPieces(disk, path, to, signal);
    disk.chmod(to, mode);
  } catch (error) {
    discard(disk, to);
    throw error;
  }
}

/** Whether the disk could share the blocks of a file with a copy of it. */
export function cloned(disk: Disk, from: string, to: string): boolean {
  try {
    disk.clone(from, to);
    return true;
  } catch (error) {
    if (!isCode(error, ...UNABLE)) throw error;
    discard(disk, to);
    return false;
  }
}

/** What systems say of disks that can neither share blocks nor give a file two names. */
export const UNABLE = [
  ...["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOSYS", "ENOTTY", "EPERM", "EMLINK"],
];

/** Reads one piece while the one before it is written. */
async function copyPieces(disk: Disk, path: string, to: string, signal: AbortSignal | undefined) {
  const source = disk.open(path, "r");
  try {
    const target = disk.open(to, "w");
    try {
      let [front, back] = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)];
      let count = await disk.read(source, front);
      while (count > 0) {
        signal?.throwIfAborted();
        [front, back] = [back, front];
        // Settled, so that no descriptor is closed under the other of the two when one fails.
        const [read, written] = await Promise.allSettled([
          disk.read(source, front),
          writeAll(disk, target, back.subarray(0, count)),
        ]);
        if (written.status === "rejected") throw written.reason;
        if (read.status === "rejected") throw read.reason;
        count = read.value;
      }
    } finally {
      disk.close(target);
    }
  } finally {
    disk.close(source);
  }
}

async function writeAll(disk: Disk, fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await disk.writeLater(fd, bytes, done);
}

/** Up to this size one call of the system, which takes a few milliseconds, is quicker than pieces. */
const AT_ONCE = 1 << 22;
const PIECE = 1 << 22;
