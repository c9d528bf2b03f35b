import { createHash, type Hash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { sha256 } from "../../cache/hash.js";
import { UserFacingError } from "../../core/diagnostic.js";
import type { ArtifactRef } from "../../core/record.js";
import type { Ignored } from "../../pipeline/files/file-source.js";
import { systemDisk, type Disk } from "../disk.js";
import { breather, sameStat } from "../files.js";
import { manifestOf, manifestRef, type TreeEntry } from "./manifest.js";
import type { StatCache } from "../memory/stat-cache.js";

/** What a file or folder holds now. */
export interface Content extends ArtifactRef {
  /** The newest mtime or ctime among its files and folders, ns: it moves whenever any of them is touched. */
  readonly latest: bigint;
  /** Of a folder. */
  readonly entries?: readonly TreeEntry[];
}

/** A file that cannot be taken as it is: it vanished, is a socket, or changed while it was read. */
export class UnreadableInput extends UserFacingError {
  override readonly name = "UnreadableInput";
}

/** Content digests of files and folders anywhere on disk; what the stat cache knows is not read again. */
export class Digester {
  constructor(
    private readonly stats: StatCache,
    private readonly disk: Disk = systemDisk,
    /** Ends what is being read: its reason is then thrown. */
    private readonly signal?: AbortSignal,
  ) {}

  /** Symbolic links are followed. Of a folder, what is `ignored` does not count. Throws `UnreadableInput`. */
  async content(path: string, ignored: Ignored = nothing): Promise<Content> {
    const stat = this.#stat(path);
    if (stat.isDirectory()) {
      const { entries, latest } = await this.tree(path, ignored);
      return { ...manifestRef(manifestOf(entries)), latest, entries };
    }
    const digest = await this.file(path, stat);
    return { type: fileType(stat), digest, bytes: Number(stat.size), latest: latestOf(stat) };
  }

  /** Everything below a folder, and the newest time among it. */
  async tree(folder: string, ignored: Ignored = nothing): Promise<{ entries: TreeEntry[]; latest: bigint }> {
    const entries: TreeEntry[] = [];
    let latest = 0n;
    const newest = (stat: BigIntStats): void => {
      const time = latestOf(stat);
      if (time > latest) latest = time;
    };
    // Folders still to list, each with the real paths of the folders it lies in, to see a link that closes a ring.
    const ahead: { path: string; stat: BigIntStats; prefix: string; within: readonly string[] }[] = [
      { path: folder, stat: this.#stat(folder), prefix: "", within: [] },
    ];
    const breath = breather();
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      const real = this.disk.realpath(next.path);
      if (next.within.includes(real))
        throw new UnreadableInput(`${next.path} is a symbolic link to a folder it lies in`);
      let [empty, whole] = [true, true];
      for (const name of this.disk.list(next.path)) {
        const path = `${next.path}/${name}`;
        const found = this.disk.stat(path);
        // Asked before it is missed: an editor's lock is a link that leads nowhere.
        if (ignored(next.prefix + name, found?.isDirectory() === true)) {
          whole = false;
          continue;
        }
        empty = false;
        const stat = found ?? this.#stat(path);
        if (stat.isDirectory()) {
          ahead.push({ path, stat, prefix: `${next.prefix}${name}/`, within: [...next.within, real] });
          continue;
        }
        newest(stat);
        // Awaiting only what must be read keeps the walk of an unchanged folder free of a turn of the event loop a file.
        const known = this.stats.get(stat);
        const pause = breath(known === undefined ? 1 + Number(stat.size) / PAGE : 1);
        if (pause !== undefined) {
          await pause;
          this.signal?.throwIfAborted();
        }
        const digest = known ?? (await this.file(path, stat));
        entries.push({ path: next.prefix + name, type: fileType(stat), digest, bytes: Number(stat.size) });
      }
      // A folder's own time moves with every entry, also with those that do not count.
      if (whole) newest(next.stat);
      if (empty && next.prefix !== "" && ignored.filesOnly !== true)
        entries.push({ path: next.prefix.slice(0, -1), type: "folder" });
    }
    return { entries, latest };
  }

  /** The SHA-256 of one file, read only if it is not known already. */
  async file(path: string, stat: BigIntStats = this.#stat(path)): Promise<string> {
    if (!stat.isFile()) throw new UnreadableInput(`${path} is neither a file nor a folder`);
    const known = this.stats.get(stat);
    if (known !== undefined) return known;
    const begun = this.stats.begin();
    const digest = stat.size > SMALL ? await this.#large(path) : sha256(this.disk.readFile(path));
    if (!sameStat(stat, this.#stat(path)))
      throw new UnreadableInput(`${path} changed while it was being read`);
    this.stats.put(stat, digest, begun);
    return digest;
  }

  /** Reads one chunk while the one before it is hashed. */
  async #large(path: string): Promise<string> {
    const hash: Hash = createHash("sha256");
    const fd = this.disk.open(path, "r");
    try {
      let [front, back] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
      let reading = this.disk.read(fd, front);
      for (;;) {
        const count = await reading;
        this.signal?.throwIfAborted();
        if (count === 0) return hash.digest("hex");
        [front, back] = [back, front];
        reading = this.disk.read(fd, front);
        hash.update(back.subarray(0, count));
      }
    } finally {
      this.disk.close(fd);
    }
  }

  #stat(path: string): BigIntStats {
    const stat = this.disk.stat(path);
    if (stat !== undefined) return stat;
    // What a name that is no text was read as leads to nothing.
    const why = path.includes("\uFFFD") ? "has a name that is not UTF-8" : "does not exist";
    throw new UnreadableInput(`${path} ${why}`);
  }
}

/** Up to this size one read in place is quicker than handing the work to the thread pool. */
const SMALL = 1n << 20n;
const CHUNK = 1 << 20;
/** Bytes that are read and hashed in the time of about one call of the system. */
const PAGE = 4096;

function nothing(): boolean {
  return false;
}

function latestOf(stat: BigIntStats): bigint {
  return stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
}

function fileType(stat: BigIntStats): "file" | "executable" {
  return (stat.mode & 0o100n) === 0n ? "file" : "executable";
}
