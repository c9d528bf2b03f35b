import { cpus, hostname } from "node:os";
import process from "node:process";
import type { JsonObject } from "../../core/json.js";
import type { Host } from "../host.js";

/** What a program gets without asking: enough to be found and to run, nothing that a result should depend on. */
export function baseEnvironment(env: NodeJS.ProcessEnv, tmp: string): Record<string, string> {
  const base: Record<string, string> = { TMPDIR: tmp };
  for (const name of ["PATH", "HOME", "USER"]) {
    const value = env[name];
    if (value !== undefined) base[name] = value;
  }
  return base;
}

/** Where a result was made, for people; it is never part of a key. */
export function describeEnvironment(host: Host): JsonObject {
  return {
    vistas: host.version,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    host: hostname(),
    cpu: (model ??= cpus()[0]?.model ?? "unknown"),
    cpus: host.capacity.cpus,
    gpus: host.capacity.gpus.length,
  };
}

/** Asking takes longer than a small step's bookkeeping, and the answer does not change. */
let model: string | undefined;
