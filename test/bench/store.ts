import { createHash } from "node:crypto";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { execa } from "execa";
import { systemClock } from "../../runner/core/clock.js";
import type { RunRecord, StepRecord } from "../../runner/core/record.js";
import type { Executor } from "../../runner/exec/process/job.js";
import { run } from "../../runner/exec/run.js";
import { loadPipeline } from "../../runner/index.js";
import { systemDisk } from "../../runner/store/disk.js";
import { writeEnvelope } from "../../runner/store/records/envelope.js";
import { StatRows, type Row } from "../../runner/store/memory/stat-rows.js";
import { Store } from "../../runner/store/store.js";
import { UserCache, userCacheFolder } from "../../runner/store/memory/user-cache.js";
import { CLI, inFolder, summary, tell, timeInTurns } from "./measure.js";

/** `gc` and `verify` of 100,000 objects of 1 to 8 kB, of 1,000 results in 10 runs: whole processes. */
export async function objects(): Promise<void> {
  await inFolder(async cwd => {
    layOutPipeline(cwd, 1);
    const whole = join(cwd, "whole");
    const bytes = fill(whole);
    const vistas = async (...args: string[]): Promise<number> => {
      const start = performance.now();
      await execa(process.execPath, [CLI, ...args, "--root", join(cwd, "store"), "--quiet"], { cwd });
      return (performance.now() - start) / 1000;
    };
    const seconds = { verify: [0], "gc --dry-run": [0], gc: [0], "gc --keep-last 5": [0] };
    for (const times of Object.values(seconds)) times.pop();
    for (let round = 0; round < ROUNDS; round++) {
      cpSync(whole, join(cwd, "store"), { recursive: true });
      seconds.verify.push(await vistas("verify", "p.yaml"));
      seconds["gc --dry-run"].push(await vistas("gc", "p.yaml", "--dry-run", "--keep-last", "5"));
      seconds.gc.push(await vistas("gc", "p.yaml"));
      seconds["gc --keep-last 5"].push(await vistas("gc", "p.yaml", "--keep-last", "5"));
      rmSync(join(cwd, "store"), { recursive: true });
    }
    for (const [call, times] of Object.entries(seconds))
      tell("store-100,000-objects", { call, objects: OBJECTS, bytes, seconds: summary(times) });
  });
}

/** Nothing to do at 1,000 steps, in a store of 1,000 records and in one of `records`: whole processes in turns. */
export async function records(): Promise<void> {
  const many = 1000 * Number(process.env["BENCH_KILORECORDS"] ?? 1000);
  await inFolder(async folder => {
    const small = join(folder, "small");
    mkdirSync(small);
    layOutPipeline(small, STEPS);
    const { record, made } = await runOnce(small);
    const large = join(folder, "large");
    cpSync(small, large, { recursive: true });
    const program = (cwd: string) => ({
      command: process.execPath,
      args: [CLI, "run", "p.yaml", "--quiet"],
      cwd,
    });
    // What was copied is read once by the next run, and then known.
    await timeInTurns([program(small), program(large)], 2);
    const start = performance.now();
    multiply(join(large, "artifacts"), record, made, many - STEPS);
    const building = Math.round((performance.now() - start) / 1000);
    const [few, lots] = await timeInTurns([program(small), program(large)], 9);
    const ratio = Math.round(((lots?.median ?? 0) / (few?.median ?? 1)) * 1000) / 1000;
    tell("store-of-records", { records: [STEPS, many], steps: STEPS, few, lots, ratio, building });
  });
}

/** Less for a look at it on a busy machine. */
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const OBJECTS = 100_000;
const STEPS = 1000;

function layOutPipeline(cwd: string, steps: number): void {
  const lines = Array.from(
    { length: steps },
    (_, i) => `  s${i}: { run: "echo ${i} > \${{ outputs.o }}", outputs: { o: o } }`,
  );
  writeFileSync(join(cwd, "p.yaml"), `steps:\n${lines.join("\n")}\n`);
}

/** Objects as a store lays them out; each result has 100 of them, each run 100 results. Gives their bytes. */
function fill(root: string): number {
  const store = new Store(root, systemClock);
  const shards = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
  for (const shard of shards) mkdirSync(join(root, "objects", shard), { recursive: true });
  let total = 0;
  const put = (i: number): StepRecord["outputs"][string] => {
    const bytes = Buffer.alloc(1000 + ((i * 7919) % 7000), `object ${i} `);
    const digest = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(root, "objects", digest.slice(0, 2), digest), bytes, { mode: 0o444 });
    total += bytes.length;
    return { type: "file", digest, bytes: bytes.length };
  };
  const perResult = 100;
  const results = OBJECTS / perResult;
  const kept = Array.from({ length: results }, (_, i) => {
    const names = Array.from({ length: perResult }, (_unused, j) => `o${j}`);
    const outputs = Object.fromEntries(names.map((name, j) => [name, put(i * perResult + j)]));
    const outputNames = Object.fromEntries(names.map(name => [name, name]));
    return store.records.put({ ...blank(keyOf(i), `s${i}`), outputs, outputNames });
  });
  for (let r = 0; r < 10; r++) store.runs.put(runRecord(r, kept.slice(r * 100, r * 100 + 100)));
  return total;
}

/** Runs the pipeline in this process; its programs are played by a function. */
async function runOnce(cwd: string): Promise<{ record: RunRecord; made: StepRecord }> {
  const { opened: target } = await loadPipeline("p.yaml", { cwd });
  const executor: Executor = {
    run({ program }) {
      if (program.type !== "command") throw new Error("this pipeline has commands only");
      const [, number = "", file = ""] = /^echo (\d+) > '?(.+?)'?$/.exec(program.argv.at(-1) ?? "") ?? [];
      writeFileSync(file, `${number}\n`);
      return Promise.resolve({ ok: true, metrics: {}, curves: {} });
    },
  };
  const host = { ...target.host, executor };
  const record = await run(host, target.graph, target.nodes);
  const made = host.store.records.get(record.steps[0]?.key ?? "");
  if (made === undefined || record.outcome !== "done")
    throw new Error(
      `the run ${record.outcome}: ${record.steps.find(step => step.error !== undefined)?.error ?? ""}`,
    );
  return { record, made };
}

/**
 * A store as it would be after very many runs: records under other keys, a run for each thousand of them, and in the
 * stat cache as much as it takes. Written as the store writes them, but for the flush of each file to the disk.
 */
function multiply(root: string, run1: RunRecord, made: StepRecord, records: number): void {
  for (let i = 0; i < records; i++) {
    const key = keyOf(i);
    const file = join(root, "records", key.slice(0, 2), `${key}.json`);
    writeEnvelope(systemDisk, file, { ...made, key }, { durable: false });
    if (i % 1000 !== 0) continue;
    const id = `20200101-000000-${i.toString(16).padStart(7, "0")}`;
    writeEnvelope(systemDisk, join(root, "runs", `${id}.json`), { ...run1, id }, { durable: false });
  }
  const file = new UserCache(userCacheFolder(process.env, root)).statsFile(root);
  if (file === undefined) throw new Error("the folder of caches cannot be used");
  const rows = new Map<bigint, Row>();
  for (let i = 1n; i <= BigInt(records); i++)
    // Inodes that no disk gives, so that none is taken for another.
    rows.set(2n ** 62n + i, {
      ...{ ino: 2n ** 62n + i, dev: 0n, size: i, mtime: i, ctime: i, checked: i },
      digest: keyOf(Number(i)),
    });
  writeFileSync(file, new StatRows(systemDisk.readFile(file)).with(rows, new Set()));
}

function keyOf(i: number): string {
  return createHash("sha256").update(`bench ${i}`).digest("hex");
}

function blank(key: string, id: string): StepRecord {
  const fingerprint = { kind: "run", code: {}, with: {}, inputs: [], env: {}, numeric: "" };
  return {
    ...{ format: 1, key, id, fingerprint, outputs: {}, outputNames: {}, metrics: {}, curves: {} },
    ...{ seconds: 1, finished: "2020-01-01T00:00:00.000Z", environment: {} },
  };
}

function runRecord(number: number, results: readonly StepRecord[]): RunRecord {
  const at = `2020-01-${String(10 + number)}T00:00:00.000Z`;
  const counts = { ran: results.length, cached: 0, failed: 0, skipped: 0, cancelled: 0 };
  const steps = results.map(({ key, id, result }) => ({
    ...{
      id,
      step: id,
      labels: {},
      kind: "run",
      outcome: "ran" as const,
      key,
      seconds: 1,
      reason: "",
      inputs: {},
    },
    ...(result === undefined ? {} : { result }),
  }));
  return {
    ...{
      format: 1,
      id: `202001${10 + number}-000000-0000000`,
      pipeline: "p",
      project: "..",
      file: "p.yaml",
      started: at,
    },
    ...{ finished: at, seconds: 1, outcome: "done", params: {}, environment: {}, steps, counts },
  };
}
