import { sha256 } from "../../cache/hash.js";

/** What the file system said of a file when it was hashed, and its SHA-256. Times in ns since 1970. */
export interface Row {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** When hashing began. */
  readonly checked: bigint;
  readonly digest: string;
}

/** Rows kept of which nothing was asked for long; as many more as one process asks for. 96 bytes each. */
export const MOST_ROWS = 262_144;

/**
 * Rows as they lie in a file: sorted by inode, so that one is found without decoding the others, and each with a checksum
 * of its own, so that nothing need be read through first: opening a table takes as long as reading its bytes. A row that
 * is not as it was written is not there. Each tells the generation of the table in which it was last used; where there
 * are too many, those that were used longest ago are left out.
 */
export class StatRows {
  readonly #used = new Set<number>();
  readonly count: number;

  /** Any bytes: a file that is not a table is an empty one. */
  constructor(private readonly bytes: Buffer = Buffer.alloc(0)) {
    const rows = (bytes.length - MAGIC.length) / ROW;
    const good = Number.isInteger(rows) && bytes.subarray(0, MAGIC.length).equals(MAGIC);
    this.count = good ? rows : 0;
  }

  find(ino: bigint): Row | undefined {
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#ino(middle);
      if (found === ino) return this.#row(middle);
      if (found < ino) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** The bytes of a table with `fresh` in it, by inode, and without those `gone`. */
  with(fresh: ReadonlyMap<bigint, Row>, gone: ReadonlySet<bigint>, most = MOST_ROWS): Buffer {
    const generation = this.#generation();
    const { last, ties } = this.#cut(most - fresh.size - this.#used.size);
    let tied = 0;
    const sorted = [...fresh.values()].sort((a, b) => (a.ino < b.ino ? -1 : 1));
    const out = Buffer.alloc(MAGIC.length + (this.count + sorted.length) * ROW);
    let at = MAGIC.copy(out);
    let next = 0;
    const freshUpTo = (ino: bigint): void => {
      for (let row = sorted[next]; row !== undefined && row.ino <= ino; row = sorted[++next])
        at = encode(row, generation, out, at);
    };
    for (let i = 0; i < this.count; i++) {
      const ino = this.#ino(i);
      freshUpTo(ino);
      if (fresh.has(ino) || gone.has(ino)) continue;
      if (this.#used.has(i)) {
        const row = this.#row(i);
        if (row !== undefined) at = encode(row, generation, out, at);
      } else if (this.#use(i) > last || (this.#use(i) === last && tied++ < ties)) {
        at += this.bytes.copy(out, at, this.#place(i), this.#place(i) + ROW);
      }
    }
    freshUpTo(MOST);
    return out.subarray(0, at);
  }

  #row(i: number): Row | undefined {
    const start = this.#place(i);
    const body = this.bytes.subarray(start, start + BODY);
    if (sha256(body).slice(0, 2 * CHECK) !== this.bytes.toString("hex", start + BODY, start + ROW))
      return undefined;
    this.#used.add(i);
    const word = (n: number): bigint => body.readBigUInt64LE(8 * n);
    return {
      ...{ ino: word(0), dev: word(1), size: word(2) },
      mtime: BigInt.asIntN(64, word(3)),
      ctime: BigInt.asIntN(64, word(4)),
      checked: BigInt.asIntN(64, word(5)),
      digest: body.toString("hex", 48, 80),
    };
  }

  #generation(): number {
    let last = 0;
    for (let i = 0; i < this.count; i++) last = Math.max(last, this.#use(i));
    // At the end of its numbers it goes on as it is: then the order in which rows were used is no longer known.
    return Math.min(last + 1, 2 ** 32 - 1);
  }

  /** Of the rows that were not asked for here, `room` are left: those of generations after `last`, and `ties` of it. */
  #cut(room: number): { last: number; ties: number } {
    const uses = new Uint32Array(this.count - this.#used.size);
    let at = 0;
    for (let i = 0; i < this.count; i++) if (!this.#used.has(i)) uses[at++] = this.#use(i);
    if (room <= 0) return { last: 2 ** 32, ties: 0 };
    const last = uses.sort().at(-room);
    if (last === undefined) return { last: -1, ties: 0 };
    return { last, ties: uses.subarray(-room).lastIndexOf(last) + 1 };
  }

  #use(i: number): number {
    return this.bytes.readUInt32LE(this.#place(i) + 80);
  }

  #ino(i: number): bigint {
    return this.bytes.readBigUInt64LE(this.#place(i));
  }

  #place(i: number): number {
    return MAGIC.length + i * ROW;
  }
}

const MAGIC = Buffer.from("vistas.stat.2\n\0\0");
/** Six words, the digest, the generation. */
const BODY = 6 * 8 + 32 + 4;
const CHECK = 12;
const ROW = BODY + CHECK;
const MOST = 2n ** 64n;

function encode(row: Row, generation: number, out: Buffer, start: number): number {
  let at = start;
  for (const value of [row.ino, row.dev, row.size, row.mtime, row.ctime, row.checked])
    at = out.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  at += out.write(row.digest, at, "hex");
  at = out.writeUInt32LE(generation, at);
  return at + out.write(sha256(out.subarray(start, at)).slice(0, 2 * CHECK), at, "hex");
}
