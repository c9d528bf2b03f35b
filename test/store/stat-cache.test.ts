import { closeSync, lstatSync, openSync, readFileSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import fc from "fast-check";
import { sha256 } from "../../runner/cache/hash.js";
import type { Clock } from "../../runner/core/clock.js";
import { Digester } from "../../runner/store/objects/digest.js";
import { StatCache } from "../../runner/store/memory/stat-cache.js";
import { StatRows, type Row } from "../../runner/store/memory/stat-rows.js";
import { tempFolder } from "../rig/temp.js";

/** A clock that stands where it is put, so that "just written" and "long at rest" need no waiting. */
function clockAt(ms: number): Clock {
  return { now: () => new Date(ms), seconds: () => ms / 1000, token: () => "00" };
}
const long = (): Clock => clockAt(Date.now() + 3_600_000);

function setUp(): { file: string; cacheFile: string } {
  const folder = tempFolder();
  const file = join(folder, "f");
  writeFileSync(file, "one");
  return { file, cacheFile: join(folder, "stats") };
}

const stat = (file: string) => lstatSync(file, { bigint: true });

/** Writes without changing inode or size. */
function overwrite(file: string, text: string): void {
  const fd = openSync(file, "r+");
  writeSync(fd, text, 0);
  closeSync(fd);
}

describe("the stat cache", () => {
  it("knows an unchanged file again, in another process", async () => {
    const { file, cacheFile } = setUp();
    const first = new StatCache(cacheFile, long());
    const digest = await new Digester(first).file(file);
    first.save();
    expect(new StatCache(cacheFile, long()).get(stat(file))).toBe(digest);
  });

  it("does not know a file that was written with the same size, nor with its mtime set back", async () => {
    const { file, cacheFile } = setUp();
    const cache = new StatCache(cacheFile, long());
    await new Digester(cache).file(file);
    const { atime, mtime } = lstatSync(file);
    overwrite(file, "two");
    expect(cache.get(stat(file))).toBeUndefined();
    utimesSync(file, atime, mtime);
    expect(cache.get(stat(file))).toBeUndefined();
  });

  it("does not believe an entry made in the same tick as the file's last write", async () => {
    const { file, cacheFile } = setUp();
    const racy = new StatCache(cacheFile, clockAt(Number(stat(file).mtimeNs / 1_000_000n) + 5));
    await new Digester(racy).file(file);
    expect(racy.get(stat(file))).toBeUndefined();
    const rested = new StatCache(cacheFile, long());
    await new Digester(rested).file(file);
    expect(rested.get(stat(file))).toBeDefined();
  });

  it("does not believe an entry of a file with whole-second times until two seconds have passed", () => {
    const { file, cacheFile } = setUp();
    const real = stat(file);
    const whole = (real.mtimeNs / 1_000_000_000n) * 1_000_000_000n;
    const coarse = Object.assign(Object.create(real) as typeof real, { mtimeNs: whole, ctimeNs: whole });
    const cache = new StatCache(cacheFile, long());
    cache.put(coarse, "00".repeat(32), whole + 1_000_000_000n);
    expect(cache.get(coarse)).toBeUndefined();
    cache.put(coarse, "00".repeat(32), whole + 3_000_000_000n);
    expect(cache.get(coarse)).toBe("00".repeat(32));
  });

  it("forgets everything when any bit of its file is flipped", async () => {
    const { file, cacheFile } = setUp();
    const cache = new StatCache(cacheFile, long());
    await new Digester(cache).file(file);
    cache.save();
    const good = readFileSync(cacheFile);
    for (let i = 0; i < good.length; i++) {
      const bad = Buffer.from(good);
      bad[i] = (bad[i] ?? 0) ^ 1;
      writeFileSync(cacheFile, bad);
      expect(new StatCache(cacheFile, long()).get(stat(file))).toBeUndefined();
    }
  });
});

describe("its table of rows", () => {
  const row = (i: number): Row => {
    const n = BigInt(i);
    return {
      ...{ ino: n * 7919n, dev: 1n, size: n, mtime: -n, ctime: n, checked: 2n ** 62n },
      digest: n.toString(16).padStart(64, "0"),
    };
  };
  const table = (rows: StatRows, numbers: readonly number[], gone: readonly bigint[] = []): StatRows =>
    new StatRows(rows.with(new Map(numbers.map(i => [row(i).ino, row(i)])), new Set(gone)));
  const upTo = (end: number, start = 0): number[] => Array.from({ length: end - start }, (_, i) => start + i);

  it("is what a map would be, whatever is put, replaced and taken out", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(fc.nat({ max: 40 })), fc.array(fc.nat({ max: 40 })))), turns => {
        const model = new Set<number>();
        let rows = new StatRows();
        for (const [put, taken] of turns) {
          const gone = taken.filter(i => !put.includes(i));
          rows = table(
            rows,
            put,
            gone.map(i => row(i).ino),
          );
          for (const i of put) model.add(i);
          for (const i of gone) model.delete(i);
          expect(rows.count).toBe(model.size);
          for (const i of upTo(41)) expect(rows.find(row(i).ino)).toEqual(model.has(i) ? row(i) : undefined);
        }
      }),
    );
  });

  it("finds no row that is not as it was written, and no more than that is lost", () => {
    const good = table(new StatRows(), upTo(5)).with(new Map(), new Set());
    for (let i = 0; i < good.length; i++) {
      const bad = Buffer.from(good);
      bad[i] = (bad[i] ?? 0) ^ 4;
      const rows = new StatRows(bad);
      const found = upTo(5).filter(n => rows.find(row(n).ino) !== undefined);
      for (const n of found) expect(rows.find(row(n).ino)).toEqual(row(n));
      if (i >= 16) expect(found.length).toBeGreaterThan(0);
    }
    for (const length of [0, 1, 16, 17, good.length - 1])
      expect(new StatRows(good.subarray(0, length)).count).toBe(0);
  });

  it("has room for so many, and leaves out those that were used longest ago", () => {
    let rows = table(new StatRows(), upTo(100));
    const used = (...numbers: number[]): void => {
      for (const i of numbers) expect(rows.find(row(i).ino)).toEqual(row(i));
    };
    used(...upTo(10));
    rows = table(rows, upTo(110, 100));
    used(...upTo(110));
    rows = new StatRows(rows.with(new Map(), new Set()));
    used(...upTo(20, 10));
    const fresh = new Map(upTo(120, 110).map(i => [row(i).ino, row(i)]));
    rows = new StatRows(rows.with(fresh, new Set(), 50));
    expect(rows.count).toBe(50);
    used(...upTo(20, 10), ...upTo(120, 110));
    // What is used at once is kept, be it too much.
    used(...upTo(120).filter(i => rows.find(row(i).ino) !== undefined));
    expect(new StatRows(rows.with(new Map(), new Set(), 5)).count).toBe(50);
  });
});

/** A process that maps a file and writes `text` over it for each line that it is sent. */
function mapping(file: string) {
  const script = `import mmap, sys
with open(sys.argv[1], "r+b") as f: m = mmap.mmap(f.fileno(), 0)
print("mapped", flush=True)
for line in sys.stdin:
    m[:] = line.rstrip("\\n").encode()
    print("written", flush=True)`;
  const writer = execa("python3", ["-c", script, file], { reject: false });
  const answers = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => (await answers.next()).value;
  return {
    mapped: answer(),
    write: async (text: string) => {
      writer.stdin.write(`${text}\n`);
      return answer();
    },
    end: async () => {
      writer.stdin.end();
      await writer;
    },
  };
}

// Only Linux lists what processes have mapped.
(process.platform === "linux" ? describe : describe.skip)(
  "a file that a process writes through a memory map",
  () => {
    it("is read each time, though all its times stay as they are", async () => {
      const { file, cacheFile } = setUp();
      const writer = mapping(file);
      try {
        expect(await writer.mapped).toBe("mapped");
        // The first write makes the page dirty, and moves the times; those that follow do not.
        expect(await writer.write("one")).toBe("written");
        const cache = new StatCache(cacheFile, long());
        expect(await new Digester(cache).file(file)).toBe(sha256("one"));
        const before = stat(file);
        expect(await writer.write("two")).toBe("written");
        // Were these to move, there would be nothing to show.
        expect([stat(file).mtimeNs, stat(file).ctimeNs]).toEqual([before.mtimeNs, before.ctimeNs]);
        expect(await new Digester(cache).file(file)).toBe(sha256("two"));
      } finally {
        await writer.end();
      }
    });

    it("is not remembered for a later process where it was mapped after it was read", async () => {
      const { file, cacheFile } = setUp();
      const cache = new StatCache(cacheFile, long());
      await new Digester(cache).file(file);
      const writer = mapping(file);
      try {
        await writer.mapped;
        expect(cache.get(stat(file))).toBe(sha256("one"));
        cache.save();
        expect(new StatCache(cacheFile, long()).get(stat(file))).toBeUndefined();
      } finally {
        await writer.end();
      }
    });
  },
);

describe("a file of the store's own", () => {
  it("that was not flushed is believed until the system is started anew, one that was flushed for ever", () => {
    const { file, cacheFile } = setUp();
    const digest = sha256("one");
    const cache = new StatCache(cacheFile, long());
    const known = (): string | undefined => new StatCache(cacheFile, long()).get(stat(file));
    for (const isFlushed of [true, false]) {
      cache.putOwned(stat(file), digest, isFlushed);
      cache.save();
      expect(known()).toBe(digest);
    }
    // As another boot has left it.
    const row = new StatRows(readFileSync(cacheFile)).find(stat(file).ino);
    if (row === undefined || row.checked >= 0n) throw new Error("the boot is not in the row");
    const other = new Map([[row.ino, { ...row, checked: row.checked - 1n }]]);
    writeFileSync(cacheFile, new StatRows().with(other, new Set()));
    expect(known()).toBeUndefined();
  });
});
