/** Who takes part in a race: what this machine has. What it lacks is named, and left out. */
import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { missing } from "../../steps/engine/packages.js";
import { tell } from "./measure.js";
import { PEER } from "./race.js";
import type { Contestant } from "./turns.js";

const ENGINE = fileURLToPath(new URL("./engine-worker.js", import.meta.url));
const TORCH = fileURLToPath(new URL("../../../test/bench/torch-worker.py", import.meta.url));
const THREADS = String(availableParallelism());

/** The processor's engines, with all its cores. */
export function engines(bench: string, workload: string): Contestant[] {
  return (["onnx", "tensorflow", "wasm"] as const).flatMap(backend => {
    const absent = missing(backend);
    if (absent === undefined) return [engine(backend, backend, workload)];
    tell(bench, { workload, tool: backend, skipped: absent });
    return [];
  });
}

export function engine(
  tool: string,
  backend: string,
  workload: string,
  env: Readonly<Record<string, string>> = {},
): Contestant {
  return { tool, command: process.execPath, args: [ENGINE, backend, workload, THREADS], env };
}

/** PyTorch on a device, with images laid out as is its default, and for convolutions channels last too. */
export async function pytorch(
  bench: string,
  workload: string,
  device: "cpu" | "cuda" = "cpu",
): Promise<Contestant[]> {
  const python = await pythonWithTorch(device);
  if (python === undefined) {
    const lacks = device === "cpu" ? "no Python with torch" : "no Python whose torch sees a GPU";
    tell(bench, { workload, tool: PEER, skipped: `${lacks} was found (PYTHON may name one)` });
    return [];
  }
  const of = (tool: string, ...layout: string[]): Contestant => {
    return { tool, command: python, args: [TORCH, workload, THREADS, device, ...layout] };
  };
  const plain = of(PEER);
  return workload.endsWith("mlp") ? [plain] : [plain, of(`${PEER}, channels last`, "channels-last")];
}

/** The Python that `PYTHON` names, else the first of the usual ones, if it has torch. */
async function pythonWithTorch(device: "cpu" | "cuda"): Promise<string | undefined> {
  const named = process.env["PYTHON"];
  const test = device === "cpu" ? "import torch" : "import torch; torch.zeros(1).cuda()";
  for (const python of named === undefined ? ["python3", "/usr/bin/python3"] : [named]) {
    const { failed } = await execa(python, ["-c", test], { reject: false });
    if (!failed) return python;
  }
  return undefined;
}
