import type { BigIntStats } from "node:fs";
import { sha256 } from "../../cache/hash.js";
import type { Clock } from "../../core/clock.js";
import { systemDisk, type Disk } from "../disk.js";
import { writeAtomic, writeDisposable } from "../files.js";
import { MappedFiles } from "./mapped.js";
import { bootId } from "../locks/owner.js";
import { StatRows, type Row } from "./stat-rows.js";

/**
 * Remembers the content digest of files by what the file system says of them (device, inode, size, mtime and
 * ctime in nanoseconds), so that unchanged files are not read again. Keyed by inode, because content belongs to
 * the inode: a moved folder stays known, and hard links share one entry.
 *
 * An entry is believed only if the file had been at rest when it was hashed (git's racy-timestamp rule): a
 * write in the same clock tick as the hash would leave the same times. ctime is compared because programs can
 * set mtime back, but not ctime. Of a file that a process has mapped to be written nothing is believed (mapped.ts).
 *
 * The file is disposable: checksums guard it, and losing it, or a part of it, costs time only. Does not: know trees or
 * paths.
 */
export class StatCache {
  /** What this process has found out; the rest is in the file, which is read when first asked. */
  readonly #fresh = new Map<bigint, Row>();
  readonly #gone = new Set<bigint>();
  readonly #mapped: MappedFiles;
  #rows: StatRows | undefined;

  constructor(
    /** Nothing is kept beyond this process without one. */
    private readonly file: string | undefined,
    private readonly clock: Clock,
    private readonly disk: Disk = systemDisk,
  ) {
    this.#mapped = new MappedFiles(clock);
  }

  /** The digest of an unchanged file, else nothing. */
  get(stat: BigIntStats): string | undefined {
    const row = this.#fresh.get(stat.ino) ?? this.#kept().find(stat.ino);
    if (row?.dev !== stat.dev || row.size !== stat.size) return undefined;
    if (row.mtime !== stat.mtimeNs || row.ctime !== stat.ctimeNs) return undefined;
    return isOwned(row) || atRest(row) ? row.digest : undefined;
  }

  /** The time to give to `put`; take it before reading the file. */
  begin(): bigint {
    return BigInt(this.clock.now().getTime()) * 1_000_000n;
  }

  /**
   * `stat` must be as it was before the file was read, and be found unchanged after. Nothing is remembered of a file that
   * some process may write through a memory map.
   */
  put(stat: BigIntStats, digest: string, begun: bigint): void {
    if (this.#mapped.has(stat.ino)) this.#fresh.delete(stat.ino);
    else this.#put(stat, digest, begun);
  }

  #put(stat: BigIntStats, digest: string, begun: bigint): void {
    const { dev, ino, size, mtimeNs, ctimeNs } = stat;
    this.#fresh.set(ino, { dev, ino, size, mtime: mtimeNs, ctime: ctimeNs, checked: begun, digest });
    this.#gone.delete(ino);
  }

  /**
   * For a file that only vistas writes and has just written: there is no other writer to race with. One that was not
   * flushed is believed until the system is started anew: a power failure may have taken its bytes, and no time says so.
   */
  putOwned(stat: BigIntStats, digest: string, isFlushed: boolean): void {
    this.#put(stat, digest, isFlushed ? OWNED : thisBoot());
  }

  /** Of files that were removed. */
  forget(ino: bigint): void {
    this.#fresh.delete(ino);
    this.#gone.add(ino);
  }

  save(): void {
    const { file } = this;
    if (file === undefined || this.#fresh.size + this.#gone.size === 0) return;
    // One may have been mapped while it was read, and written through that map since.
    this.#mapped.forget();
    for (const { ino, checked } of this.#fresh.values())
      if (checked > 0n && checked !== OWNED && this.#mapped.has(ino)) this.#fresh.delete(ino);
    const bytes = this.#kept().with(this.#fresh, this.#gone);
    writeDisposable(() => writeAtomic(this.disk, file, bytes, { durable: false }));
    this.#rows = new StatRows(bytes);
    this.#fresh.clear();
    this.#gone.clear();
  }

  #kept(): StatRows {
    return (this.#rows ??= this.#read());
  }

  #read(): StatRows {
    if (this.file === undefined) return new StatRows();
    try {
      const size = this.disk.stat(this.file)?.size ?? 0n;
      return new StatRows(size > MOST_BYTES ? undefined : this.disk.readFile(this.file));
    } catch {
      return new StatRows(); // Absent or unreadable: everything is hashed anew, which is slower and as right.
    }
  }
}

/** In place of a time: of a file of vistas' own that was flushed; below 0 it names the boot in which one was not. */
const OWNED = 2n ** 62n;

function isOwned({ checked }: Pick<Row, "checked">): boolean {
  return checked === OWNED || (checked < 0n && checked === thisBoot());
}

function thisBoot(): bigint {
  return -1n - BigInt(`0x${sha256(bootId()).slice(0, 12)}`);
}

/** More than a table of rows ever takes up. */
const MOST_BYTES = 2n ** 28n;
/** Longer than the coarse clock tick by which Linux stamps files (at most 10 ms). */
const TICK = 20_000_000n;
/** FAT, HFS+ and some network disks stamp whole seconds, or even ones. */
const COARSE_TICK = 2_100_000_000n;

/** Whether a file had been left alone for so long when it was looked at that a later write shows in its times. */
export function atRest(entry: Pick<Row, "mtime" | "ctime" | "checked">): boolean {
  const coarse = entry.mtime % 1_000_000_000n === 0n && entry.ctime % 1_000_000_000n === 0n;
  const latest = entry.mtime > entry.ctime ? entry.mtime : entry.ctime;
  return entry.checked - latest > (coarse ? COARSE_TICK : TICK);
}
