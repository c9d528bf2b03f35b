import { closeSync, lstatSync, openSync, readFileSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { Clock } from "../../runner/core/clock.js";
import { Digester } from "../../runner/store/digest.js";
import { StatCache } from "../../runner/store/stat-cache.js";
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
