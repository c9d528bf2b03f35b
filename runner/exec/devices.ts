import { readdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { UsageError } from "../core/diagnostic.js";
import type { Capacity } from "./leases.js";

/**
 * The machine's cores, memory and NVIDIA GPUs. `VISTAS_GPUS` (for example `0,2`, or empty for none) names the GPUs
 * to use, as does `CUDA_VISIBLE_DEVICES` where it is set; otherwise all that the driver lists.
 */
export function discoverCapacity(env: NodeJS.ProcessEnv = process.env): Capacity {
  const limit = process.constrainedMemory();
  const total = totalmem();
  // A control group without a limit reports an absurd number.
  const memory = limit > 0 && limit < total ? limit : total;
  return { cpus: availableParallelism(), memory, gpus: gpusOf(env) };
}

function gpusOf(env: NodeJS.ProcessEnv): number[] {
  const named = env["VISTAS_GPUS"] ?? env["CUDA_VISIBLE_DEVICES"];
  if (named === undefined) return listDriver();
  const ids = named.split(",").filter(id => id.trim() !== "");
  // The customary way to say "none".
  if (ids[0]?.trim() === "-1") return [];
  if (!ids.every(id => /^\s*\d+\s*$/.test(id))) {
    throw UsageError.ofCall(
      "bad-gpus",
      `VISTAS_GPUS / CUDA_VISIBLE_DEVICES is "${named}"`,
      "Name GPUs by index, for example VISTAS_GPUS=0,1.",
    );
  }
  return [...new Set(ids.map(Number))].sort((a, b) => a - b);
}

/** One folder a GPU; the driver's own list, which costs no process. */
function listDriver(): number[] {
  try {
    return readdirSync("/proc/driver/nvidia/gpus").map((_, index) => index);
  } catch {
    return []; // No NVIDIA driver.
  }
}
