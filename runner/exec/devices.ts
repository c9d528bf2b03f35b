import { readdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { UsageError } from "../core/diagnostic.js";
import type { GpuId } from "../step-api.js";
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

function gpusOf(env: NodeJS.ProcessEnv): GpuId[] {
  const named = env["VISTAS_GPUS"] ?? env["CUDA_VISIBLE_DEVICES"];
  if (named === undefined) return listDriver();
  const words = named
    .split(",")
    .map(word => word.trim())
    .filter(word => word !== "");
  // The customary ways to say "none".
  if (["-1", "NoDevFiles", "none", "void"].includes(words[0] ?? "")) return [];
  const ids = words.map(word => (/^\d+$/.test(word) ? Number(word) : UUID.test(word) ? word : undefined));
  if (ids.includes(undefined)) {
    throw UsageError.ofCall(
      "bad-gpus",
      `VISTAS_GPUS / CUDA_VISIBLE_DEVICES is "${named}"`,
      "Name GPUs by index or UUID, for example VISTAS_GPUS=0,1 (nvidia-smi -L lists both).",
    );
  }
  return [...new Set(ids.filter(id => id !== undefined))];
}

/** As nvidia-smi prints them; CUDA takes a beginning that is unique. Slices of a GPU (MIG) have UUIDs alone. */
const UUID = /^(?:GPU|MIG)-[0-9A-Za-z/-]+$/;

/** One folder a GPU; the driver's own list, which costs no process. */
function listDriver(): number[] {
  try {
    return readdirSync("/proc/driver/nvidia/gpus").map((_, index) => index);
  } catch {
    return []; // No NVIDIA driver.
  }
}
