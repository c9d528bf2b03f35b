import { existsSync, mkdirSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { Ignored } from "../../pipeline/files/file-source.js";
import { copyFile } from "../../store/objects/copy.js";
import { UnreadableInput } from "../../store/objects/digest.js";
import { systemDisk } from "../../store/disk.js";
import { breather } from "../../store/files.js";

export interface CopyOptions {
  /** A folder that no link may lead out of. */
  readonly inside?: string;
  /** What of a folder is left out. */
  readonly ignored?: Ignored;
  /** Ends the copying; what was copied stays. */
  readonly signal?: AbortSignal;
}

/**
 * Copies a file or folder (by reflink where the disk can); symbolic links are followed, and files get no more than
 * leave to be read and, where they had it, to be executed. A file that is there already stays: two roles may name the
 * same file, or one inside a folder that was copied before. Meanwhile the process's heartbeat and signals are served.
 * Throws `UnreadableInput` for a link that leads out of `inside`, and for a folder without an end.
 */
export async function copyReadOnly(from: string, to: string, options: CopyOptions = {}): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  await new Copying(options).copy(
    from,
    join(realpathSync(dirname(to)), to.slice(dirname(to).length)),
    [],
    options.ignored ?? (() => false),
  );
}

class Copying {
  readonly #inside: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #breath = breather();

  constructor({ inside, signal }: CopyOptions) {
    this.#inside = inside === undefined ? undefined : realpathSync.native(inside);
    this.#signal = signal;
  }

  async copy(named: string, to: string, within: readonly string[], ignored: Ignored): Promise<void> {
    this.#signal?.throwIfAborted();
    await this.#breath();
    const inside = this.#inside;
    // What is looked at is what is copied, even where a link is exchanged meanwhile.
    const from = inside === undefined ? named : realpathSync.native(named);
    if (inside !== undefined && from !== inside && !from.startsWith(inside + sep))
      throw new UnreadableInput(
        `${named} is a link out of the project folder, to ${from}; if that is meant, make it an input by its absolute path`,
      );
    const stat = statSync(from);
    if (!stat.isDirectory()) {
      if (existsSync(to)) return;
      if (ignored.filesOnly === true) mkdirSync(dirname(to), { recursive: true });
      const mode = (stat.mode & 0o100) === 0 ? 0o444 : 0o555;
      await copyFile(systemDisk, { path: from, bytes: stat.size, mode }, to, this.#signal);
      return;
    }
    const real = realpathSync(from);
    // Where the copies lie, in the store, no pattern leads.
    const inner = ignored.filesOnly !== true && `${to}${sep}`.startsWith(`${real}${sep}`);
    if (within.includes(real) || inner)
      throw new UnreadableInput(`${from} leads into a folder that it lies in: there is no end to it`);
    if (ignored.filesOnly !== true) mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      const entry = join(from, name);
      if (ignored(name, statSync(entry, { throwIfNoEntry: false })?.isDirectory() === true)) continue;
      const inner = (path: string, folder: boolean): boolean => ignored(`${name}/${path}`, folder);
      const below: Ignored =
        ignored.filesOnly === true ? Object.assign(inner, { filesOnly: true as const }) : inner;
      await this.copy(entry, join(to, name), [...within, real], below);
    }
  }
}
