import { availableParallelism } from "node:os";
import { sha256 } from "../../cache/hash.js";
import { runnerFile } from "../../core/self/here.js";
import { isCode, systemDisk, type Disk } from "../disk.js";
import { breather } from "../files.js";
import { Thread } from "../thread.js";

/** A small file of an artifact, to be copied to a name that is free, or a temporary file. */
export interface SmallCopy {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly digest: string;
  readonly mode: number;
}

/** Bytes: one read and one write take a file of this size sooner than the system copies it. */
export const SMALL = 1 << 16;

/** A file of the store that is gone, or holds other bytes than its digest says. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
}

/** Whether an error is a `DamagedFile`, also one from another thread. */
export function isDamagedFile(error: unknown): boolean {
  return error instanceof Error && error.name === "DamagedFile";
}

/**
 * Copies files, on two cores where there are many of them. Each is read once, and what was read is held against its digest
 * before it is written: nothing need be known of them before. Throws a `DamagedFile`.
 */
export async function copyFiles(
  disk: Disk,
  copies: readonly SmallCopy[],
  signal?: AbortSignal,
): Promise<void> {
  if (disk !== systemDisk || copies.length < WORTH_A_THREAD || availableParallelism() === 1) {
    const [copier, breath] = [new SmallCopier(disk), breather()];
    for (const copy of copies) {
      copier.copy(copy);
      const pause = breath(COPY_WEIGHT);
      if (pause === undefined) continue;
      await pause;
      signal?.throwIfAborted();
    }
    return;
  }
  const thread = new Thread<readonly SmallCopy[], undefined>(
    runnerFile("store/checkout/copy-thread.js"),
    undefined,
  );
  try {
    const batches = batchesOf(copies)[Symbol.iterator]();
    const each = async (copy: (batch: readonly SmallCopy[]) => Promise<unknown>): Promise<void> => {
      for (let next = batches.next(); next.done !== true; next = batches.next()) {
        signal?.throwIfAborted();
        await copy(next.value);
      }
    };
    // Two batches lie before the thread, so that it never waits for this one.
    const ask = (batch: readonly SmallCopy[]): Promise<undefined> => thread.ask(batch);
    const copier = new SmallCopier(disk);
    const here = (batch: readonly SmallCopy[]): Promise<void> => {
      for (const copy of batch) copier.copy(copy);
      return new Promise(resolve => void setImmediate(resolve));
    };
    await Promise.all([each(ask), each(ask), each(here)]);
  } finally {
    await thread.end();
  }
}

function* batchesOf(copies: readonly SmallCopy[]): Generator<readonly SmallCopy[]> {
  for (let i = 0; i < copies.length; i += BATCH) yield copies.slice(i, i + BATCH);
}

/** Files: a thread takes as long to start as these to copy. */
const WORTH_A_THREAD = 2000;
const BATCH = 128;
/** Calls of the system for one file. */
const COPY_WEIGHT = 6;

/** Copies one file after the other; see `copyFiles`. */
export class SmallCopier {
  /** One byte more than a file should have, so that a longer one shows. */
  readonly #buffer = Buffer.allocUnsafeSlow(SMALL + 1);
  /** By mode: whether a new file gets it, which the mask of the process may forbid. */
  readonly #isGiven = new Map<number, boolean>();

  constructor(private readonly disk: Disk) {}

  copy({ from, to, bytes, digest, mode }: SmallCopy): void {
    const { disk } = this;
    const read = this.#read(from, bytes);
    if (read === undefined || sha256(read) !== digest) throw new DamagedFile(from);
    const fd = disk.open(to, "w", mode);
    try {
      for (let done = 0; done < bytes;) done += disk.write(fd, read, done);
    } finally {
      disk.close(fd);
    }
    if (!this.#isGiven.has(mode)) {
      const given = Number(disk.lstat(to)?.mode ?? 0n) & 0o777;
      this.#isGiven.set(mode, given === mode);
    }
    if (this.#isGiven.get(mode) !== true) disk.chmod(to, mode);
  }

  /** Nothing for a file that is gone or has another size. */
  #read(path: string, bytes: number): Buffer | undefined {
    let fd: number;
    try {
      fd = this.disk.open(path, "r");
    } catch (error) {
      if (isCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
      throw error;
    }
    try {
      let done = this.disk.readSync(fd, this.#buffer);
      while (done > 0 && done < bytes) {
        const more = this.disk.readSync(fd, this.#buffer.subarray(done));
        if (more === 0) return undefined;
        done += more;
      }
      return done === bytes ? this.#buffer.subarray(0, bytes) : undefined;
    } finally {
      this.disk.close(fd);
    }
  }
}
