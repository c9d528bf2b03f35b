import { chmod, lstat, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { isCode } from "./disk.js";
import { faultText } from "./fault.js";

/**
 * Removes a folder in which a step worked, and all that is in it: names that are no text, folders that the step made
 * read-only, paths longer than the system takes. Gives what stands in the way of the rest, in words; nothing where it is
 * gone. Never throws: tidying up is no part of a step, and what stays is tried again by the next run and by gc.
 */
export async function removeScratch(folder: string): Promise<string | undefined> {
  const removal = new Removal(folder);
  await removal.run();
  const { fault } = removal;
  if (fault === undefined) return undefined;
  return faultText(fault) ?? (fault instanceof Error ? fault.message : "it is not known why");
}

class Removal {
  /** The first that is met: most often the cause of the others. */
  fault: unknown;
  /** Folders that lay too deep for their paths, moved up beside the whole. */
  readonly #ahead: Buffer[];
  #moved = 0;

  constructor(private readonly folder: string) {
    this.#ahead = [Buffer.from(folder)];
  }

  async run(): Promise<void> {
    for (let next = this.#ahead.pop(); next !== undefined; next = this.#ahead.pop()) {
      const path = next;
      await this.#try(async () => {
        const stat = await lstat(path);
        if (stat.isDirectory()) await this.#removeFolder(path, stat.mode);
        else await unlink(path);
      });
    }
  }

  async #removeFolder(path: Buffer, mode: number): Promise<void> {
    if ((mode & 0o700) !== 0o700) await this.#try(() => chmod(path, 0o700));
    // What a program that is being ended still writes meanwhile goes in the next turn.
    for (let turn = 1; ; turn++) {
      for (const entry of await readdir(path, { withFileTypes: true, encoding: "buffer" })) {
        const inner = Buffer.concat([path, SLASH, entry.name]);
        await this.#try(() => (entry.isDirectory() ? this.#removeInner(inner) : unlink(inner)));
      }
      if (this.fault !== undefined && turn > 1) return;
      try {
        await rmdir(path);
        return;
      } catch (error) {
        if (!isCode(error, "ENOTEMPTY", "EEXIST") || turn === TURNS) throw error;
      }
    }
  }

  async #removeInner(path: Buffer): Promise<void> {
    const { mode } = await lstat(path);
    if (path.length < MOST_PATH) return this.#removeFolder(path, mode);
    // A folder can be moved by whoever may write into it.
    await chmod(path, 0o700);
    const higher = Buffer.from(`${this.folder}.deep-${this.#moved++}`);
    await rename(path, higher);
    this.#ahead.push(higher);
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!isCode(error, "ENOENT")) this.fault ??= error;
    }
  }
}

const SLASH = Buffer.from("/");
/** Bytes: half of what systems take at least, and so deep that calls do not exhaust the stack. */
const MOST_PATH = 2048;
const TURNS = 3;
