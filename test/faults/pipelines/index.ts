import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { execa } from "execa";
import { caseMaker } from "./cases.js";
import { Judge } from "./judge.js";
import type { Task, Told } from "./thread.js";

export interface FuzzOptions {
  readonly seed: number;
  /** Texts judged in this process. */
  readonly texts: number;
  /** Texts given to the command line, each in a process of its own. */
  readonly calls: number;
}

export interface Fuzzed {
  readonly texts: number;
  readonly calls: number;
  readonly valid: number;
  readonly refused: number;
  readonly failures: readonly string[];
}

/**
 * Random and mutated pipelines, params files, `--set`s, expectations, options and locks: each is planned, or refused
 * with mistakes that have places. A text that crashes, that takes over 2 s of processor time, or that never ends, is a
 * failure, told by its number: `caseMaker(seed, kinds)(number)` gives it again.
 */
export async function fuzzPipelines({ seed, texts, calls }: FuzzOptions): Promise<Fuzzed> {
  const folder = mkdtempSync(join(tmpdir(), "vistas-fuzz-"));
  const failures: string[] = [];
  const counts = { valid: 0, refused: 0 };
  try {
    for (let from = 0; from < texts;) {
      const { hung, told } = await judgeAll({ seed, from, to: texts, folder, at: new SharedArrayBuffer(4) });
      for (const message of told) {
        if (message.type === "fault")
          failures.push(`text ${message.index} of seed ${seed}: ${message.fault}`);
        else counts.valid += message.valid;
        if (message.type === "end") counts.refused += message.refused;
      }
      if (hung !== undefined) failures.push(`text ${hung} of seed ${seed}: it does not end`);
      from = hung === undefined ? texts : hung + 1;
    }
    failures.push(...(await callAll(seed, calls, folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { texts, calls, ...counts, failures };
}

/** Wall-clock seconds without a step forward, on a machine that may be very busy, after which a text is given up. */
const PATIENCE = 120;

async function judgeAll(task: Task): Promise<{ hung: number | undefined; told: readonly Told[] }> {
  const place = new Int32Array(task.at).fill(task.from);
  const worker = new Worker(new URL("./thread.js", import.meta.url), { workerData: task });
  const told: Told[] = [];
  const state: { ended: boolean; error?: Error } = { ended: false };
  worker.on("message", (message: Told) => void told.push(message));
  worker.on("error", error => void (state.error = error));
  worker.on("exit", () => void (state.ended = true));
  let [last, still] = [-1, 0];
  while (!state.ended && still < PATIENCE) {
    await wait(200);
    const now = Atomics.load(place, 0);
    still = now === last ? still + 0.2 : 0;
    last = now;
  }
  if (state.ended && state.error === undefined) return { hung: undefined, told };
  await worker.terminate();
  const why = state.error === undefined ? [] : [state.error.message];
  return {
    hung: last,
    told: [...told, ...why.map(fault => ({ type: "fault", index: last, fault }) as const)],
  };
}

/** Pipelines through `vistas validate --json` and `vistas plan`. */
async function callAll(seed: number, calls: number, folder: string): Promise<readonly string[]> {
  const judge = await Judge.in(folder);
  const caseOf = caseMaker(seed, judge.kinds);
  const failures: string[] = [];
  for (let index = 0, made = 0; made < calls; index++) {
    const given = caseOf(index);
    if (given.type === "lock") continue;
    writeFileSync(join(folder, "p.yaml"), given.type === "bytes" ? given.bytes : given.text);
    const args = made++ % 2 === 0 ? ["validate", "p.yaml", "--json"] : ["plan", "p.yaml", "--json"];
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [CLI, ...args, "--backend", "cpu"].slice(0, made % 2 === 1 ? 4 : undefined),
      {
        ...{ cwd: folder, reject: false, timeout: 120_000, extendEnv: false },
        env: { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C" },
      },
    );
    const what = faultOfCall(args[0] ?? "", exitCode, stdout, stderr);
    if (what !== undefined) failures.push(`${args[0] ?? ""} of text ${index} of seed ${seed}: ${what}`);
  }
  return failures;
}

const CLI = fileURLToPath(new URL("../../../runner/cli.js", import.meta.url));

function faultOfCall(
  verb: string,
  code: number | undefined,
  stdout: string,
  stderr: string,
): string | undefined {
  if ((code !== 0 && code !== 2) || /Internal error|\n\s+at .*:\d+:\d+/.test(stderr))
    return `exit code ${code ?? "none"}: ${stderr.slice(0, 400)}`;
  if (verb !== "validate" || code === 0) return undefined;
  const told = JSON.parse(stdout) as { file: string; range?: object }[];
  const placed = told.length > 0 && told.every(({ file, range }) => file === "" || range !== undefined);
  return placed ? undefined : `a mistake without a place: ${stdout.slice(0, 400)}`;
}
