import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { missing } from "./packages.js";
import { enginesFolder } from "./places.js";
import type { Backend, Determinism } from "./types.js";

/** Stands before the probe's line of JSON: native libraries print what they like. */
export const PROBE_MARK = "vistas-probe:";

/** What trying a backend came to. */
export type ProbeResult =
  | {
      readonly ok: true;
      readonly version: string;
      readonly device: string;
      readonly numericClass: string;
      readonly gpu: boolean;
      readonly determinism: Determinism;
      readonly gflops?: number;
    }
  | { readonly ok: false; readonly why: string };

/** A backend that takes longer to start is of no use (a GPU whose kernels must first be compiled, say). */
const LIMIT_MS = 120_000;

export interface TrialOptions {
  /** Measure the speed too. */
  readonly speed?: boolean;
  /** Look for installed engines here, not where they are (`places.ts`). */
  readonly engines?: string;
  /** Variables beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Tries a backend in a child process. Never throws: what goes wrong is the result. */
export async function tryBackend(
  backend: Backend,
  { speed = false, engines = enginesFolder(), env = {} }: TrialOptions = {},
): Promise<ProbeResult> {
  const absent = missing(backend, engines);
  if (absent !== undefined) return { ok: false, why: absent };
  // Imported here, because a choice that is remembered must cost nothing.
  const { execa } = await import("execa");
  const program = fileURLToPath(new URL("./probe.js", import.meta.url));
  const args = [program, backend, String(availableParallelism()), ...(speed ? ["speed"] : [])];
  const child = await execa(process.execPath, args, {
    reject: false,
    timeout: LIMIT_MS,
    stdin: "ignore",
    env: { ...env, VISTAS_ENGINES: engines },
  });
  const line = child.stdout.split("\n").find(text => text.startsWith(PROBE_MARK));
  if (line !== undefined) return JSON.parse(line.slice(PROBE_MARK.length)) as ProbeResult;
  const end = child.timedOut
    ? `it did not start within ${LIMIT_MS / 1000} s`
    : `its process ended with ${child.signal ?? `exit code ${child.exitCode ?? "unknown"}`}`;
  const last = child.stderr.trim().split("\n").at(-1) ?? "";
  return { ok: false, why: last === "" ? end : `${end}: ${last}` };
}
