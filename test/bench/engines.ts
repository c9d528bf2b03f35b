import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { missing } from "../../steps/engine/packages.js";
import { summary, tell } from "./measure.js";
import { type Competitor, compete } from "./turns.js";

const WORKER = fileURLToPath(new URL("./engine-worker.js", import.meta.url));
const TORCH = fileURLToPath(new URL("../../../test/bench/torch-worker.py", import.meta.url));
const ROUNDS = 7;
const IMAGES = 512;

/** Engines and PyTorch, each in a process of its own, on one workload, in turns; images a second, with all processors. */
export async function race(bench: string, workload: string, stepsARound: number): Promise<void> {
  const competitors = await starters(bench, workload);
  const speeds = new Map(competitors.map(one => [one, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const one of competitors) {
      const times = await one.steps(one.tool === "wasm" ? Math.ceil(stepsARound / 4) : stepsARound);
      speeds.get(one)?.push(...times.map(milliseconds => (1000 * IMAGES) / milliseconds));
    }
  const results = competitors.map(one => ({ one, imagesPerSecond: summary(speeds.get(one) ?? []) }));
  const peer = results.find(({ one }) => one.tool === "pytorch")?.imagesPerSecond.median;
  for (const { one, imagesPerSecond } of results) {
    const ratio = peer === undefined ? {} : { toPytorch: rounded(imagesPerSecond.median / peer) };
    const { how, version } = one.facts;
    tell(bench, {
      workload,
      tool: one.tool,
      version,
      how,
      imagesPerSecond,
      ...ratio,
      load: loadavg().map(rounded),
    });
    await one.end();
  }
}

/** All that this machine has; what it lacks is named. */
async function starters(bench: string, workload: string): Promise<Competitor[]> {
  const threads = String(availableParallelism());
  const started: Competitor[] = [];
  for (const backend of ["onnx", "tensorflow", "wasm"] as const) {
    const absent = missing(backend);
    if (absent !== undefined) tell(bench, { workload, tool: backend, skipped: absent });
    else started.push(await compete(backend, process.execPath, [WORKER, backend, workload, threads]));
  }
  const python = await pythonWithTorch();
  if (python === undefined) {
    tell(bench, {
      workload,
      tool: "pytorch",
      skipped: "no Python with torch was found (PYTHON may name one)",
    });
    return started;
  }
  const torch = (tool: string, ...layout: string[]): Promise<Competitor> =>
    compete(tool, python, [TORCH, workload, threads, ...layout]);
  started.push(await torch("pytorch"));
  if (workload !== "train-mlp") started.push(await torch("pytorch, channels last", "channels-last"));
  return started;
}

/** The Python that `PYTHON` names, else the first of the usual ones, if it has torch. */
async function pythonWithTorch(): Promise<string | undefined> {
  const named = process.env["PYTHON"];
  for (const python of named === undefined ? ["python3", "/usr/bin/python3"] : [named]) {
    const { failed } = await execa(python, ["-c", "import torch"], { reject: false });
    if (!failed) return python;
  }
  return undefined;
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
