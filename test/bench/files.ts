import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { randomStream } from "../../runner/step-api.js";
import { systemClock } from "../../runner/core/clock.js";
import { Digester } from "../../runner/store/objects/digest.js";
import { StatCache } from "../../runner/store/memory/stat-cache.js";
import { execa } from "execa";
import { CLI, inFolder, summary, tell, timeInTurns, versionOf } from "./measure.js";

const GIGABYTE = 2 ** 30;

/** One large file hashed, beside sha256sum. */
export async function hashing(): Promise<void> {
  await inFolder(async folder => {
    const file = join(folder, "large");
    writeLarge(file, 0);
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < 5; round++) {
      let start = performance.now();
      // A cache of its own, so that the file is read each time.
      await new Digester(new StatCache("", systemClock)).file(file);
      ours.push(GIGABYTE / 1e6 / ((performance.now() - start) / 1000));
      if ((await versionOf("sha256sum")) === undefined) continue;
      start = performance.now();
      await execa("sha256sum", [file]);
      peer.push(GIGABYTE / 1e6 / ((performance.now() - start) / 1000));
    }
    tell("hash-1GB", { tool: "vistas", megabytesPerSecond: summary(ours) });
    if (peer.length > 0) tell("hash-1GB", { tool: "sha256sum", megabytesPerSecond: summary(peer) });
  });
}

/**
 * `vistas verify` of a store of two objects of 1 GB each, as a whole process, beside as many sha256sum at once: what all
 * cores do together, in turns.
 */
export async function verifying(): Promise<void> {
  await inFolder(async cwd => {
    const file = join(cwd, "artifacts", "large");
    const objects = await Promise.all(
      [0, 1].map(async seed => {
        mkdirSync(join(cwd, "artifacts"), { recursive: true });
        writeLarge(file + String(seed), seed);
        const digest = await new Digester(new StatCache("", systemClock)).file(file + String(seed));
        const folder = join(cwd, "artifacts", "objects", digest.slice(0, 2));
        mkdirSync(folder, { recursive: true });
        renameSync(file + String(seed), join(folder, digest));
        return join(folder, digest);
      }),
    );
    const rate = (start: number): number => (objects.length * GIGABYTE) / 1e3 / (performance.now() - start);
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < 5; round++) {
      let start = performance.now();
      await execa(process.execPath, [CLI, "verify", "p.yaml", "--quiet"], { cwd });
      ours.push(rate(start));
      if ((await versionOf("sha256sum")) === undefined) continue;
      start = performance.now();
      await Promise.all(objects.map(object => execa("sha256sum", [object])));
      peer.push(rate(start));
    }
    tell("verify-2x1GB", { tool: "vistas", megabytesPerSecond: summary(ours) });
    if (peer.length > 0) tell("verify-2x1GB", { tool: "sha256sum", megabytesPerSecond: summary(peer) });
  });
}

function writeLarge(file: string, seed: number): void {
  const block = Buffer.alloc(2 ** 24);
  const draws = randomStream(seed, "bench").at(0);
  for (let i = 0; i < block.length; i += 4) block.writeUInt32LE(draws.uint32(), i);
  const fd = openSync(file, "w");
  for (let done = 0; done < GIGABYTE; done += block.length) writeSync(fd, block);
  closeSync(fd);
}

/** A step with 50,000 small input files, none of which changed. */
export async function smallFiles(): Promise<void> {
  await inFolder(async cwd => {
    for (let i = 0; i < 50_000; i++) {
      const folder = join(cwd, "data", String(i % 100));
      if (i < 100) mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, String(i)), `file ${i}\n`);
    }
    writeFileSync(
      join(cwd, "p.yaml"),
      "steps:\n  s: { run: 'ls data | wc -l > ${{ outputs.o }}', inputs: { d: ./data }, outputs: { o: o } }\n",
    );
    const program = { command: process.execPath, args: [CLI, "run", "p.yaml", "--quiet"], cwd };
    const [cold] = await timeInTurns([program], 1);
    // The run after the first reads once more what was written within a clock tick of the first reading.
    await timeInTurns([program], 1);
    const [unchanged] = await timeInTurns([program], 5);
    tell("50,000-small-inputs", { tool: "vistas", coldSeconds: cold?.median, unchangedSeconds: unchanged });
  });
}
