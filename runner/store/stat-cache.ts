import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { Clock } from "../core/clock.js";
import { systemDisk, type Disk } from "./disk.js";
import { writeAtomic, writeDisposable } from "./files.js";

/**
 * Remembers the content digest of files by what the file system says of them (device, inode, size, mtime and
 * ctime in nanoseconds), so that unchanged files are not read again. Keyed by inode, because content belongs to
 * the inode: a moved folder stays known, and hard links share one entry.
 *
 * An entry is believed only if the file had been at rest when it was hashed (git's racy-timestamp rule): a
 * write in the same clock tick as the hash would leave the same times. ctime is compared because programs can
 * set mtime back, but not ctime.
 *
 * The file is disposable: a checksum guards it, and losing it costs time only. Does not: know trees or paths.
 */
export class StatCache {
  readonly #entries = new Map<bigint, Entry>();
  #loaded = false;
  #changed = false;

  constructor(
    private readonly file: string,
    private readonly clock: Clock,
    private readonly disk: Disk = systemDisk,
  ) {}

  /** The digest of an unchanged file, else nothing. */
  get(stat: BigIntStats): string | undefined {
    this.#load();
    const entry = this.#entries.get(stat.ino);
    if (entry?.dev !== stat.dev || entry.size !== stat.size) return undefined;
    if (entry.mtime !== stat.mtimeNs || entry.ctime !== stat.ctimeNs) return undefined;
    return atRest(entry) ? entry.digest : undefined;
  }

  /** The time to give to `put`; take it before reading the file. */
  begin(): bigint {
    return BigInt(this.clock.now().getTime()) * 1_000_000n;
  }

  /** `stat` must be as it was before the file was read, and be found unchanged after. */
  put(stat: BigIntStats, digest: string, begun: bigint): void {
    this.#load();
    const { dev, ino, size, mtimeNs, ctimeNs } = stat;
    this.#entries.set(ino, { dev, size, mtime: mtimeNs, ctime: ctimeNs, checked: begun, digest });
    this.#changed = true;
  }

  /** For a file that only vistas writes and has just written: there is no other writer to race with. */
  putOwned(stat: BigIntStats, digest: string): void {
    this.put(stat, digest, OWNED);
  }

  save(): void {
    if (!this.#changed) return;
    writeDisposable(() => writeAtomic(this.disk, this.file, encode(this.#entries), { durable: false }));
    this.#changed = false;
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    let bytes: Buffer;
    try {
      bytes = this.disk.readFile(this.file);
    } catch {
      return; // Absent or unreadable: everything is hashed anew, which is slower and as right.
    }
    for (const [ino, entry] of decode(bytes)) this.#entries.set(ino, entry);
  }
}

interface Entry {
  readonly dev: bigint;
  readonly size: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** When hashing began, nanoseconds since 1970. */
  readonly checked: bigint;
  readonly digest: string;
}

const OWNED = 2n ** 62n;
/** Longer than the coarse clock tick by which Linux stamps files (at most 10 ms). */
const TICK = 20_000_000n;
/** FAT, HFS+ and some network disks stamp whole seconds, or even ones. */
const COARSE_TICK = 2_100_000_000n;

function atRest(entry: Entry): boolean {
  const coarse = entry.mtime % 1_000_000_000n === 0n && entry.ctime % 1_000_000_000n === 0n;
  const latest = entry.mtime > entry.ctime ? entry.mtime : entry.ctime;
  return entry.checked - latest > (coarse ? COARSE_TICK : TICK);
}

const MAGIC = Buffer.from("vistas.stat.1\n\0\0");
const ROW = 6 * 8 + 32;
const SUM = 32;

function encode(entries: ReadonlyMap<bigint, Entry>): Buffer {
  const bytes = Buffer.alloc(MAGIC.length + entries.size * ROW + SUM);
  let at = MAGIC.copy(bytes);
  for (const [ino, e] of entries) {
    for (const value of [ino, e.dev, e.size, e.mtime, e.ctime, e.checked])
      at = bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at);
    at += bytes.write(e.digest, at, "hex");
  }
  createHash("sha256").update(bytes.subarray(0, at)).digest().copy(bytes, at);
  return bytes;
}

function* decode(bytes: Buffer): Generator<[bigint, Entry]> {
  const end = bytes.length - SUM;
  if (
    end < MAGIC.length ||
    (end - MAGIC.length) % ROW !== 0 ||
    !bytes.subarray(0, MAGIC.length).equals(MAGIC)
  )
    return;
  if (!createHash("sha256").update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))) return;
  for (let at = MAGIC.length; at < end; at += ROW) {
    const word = (i: number): bigint => bytes.readBigUInt64LE(at + 8 * i);
    yield [
      word(0),
      {
        dev: word(1),
        size: word(2),
        mtime: BigInt.asIntN(64, word(3)),
        ctime: BigInt.asIntN(64, word(4)),
        checked: BigInt.asIntN(64, word(5)),
        digest: bytes.toString("hex", at + 48, at + 80),
      },
    ];
  }
}
