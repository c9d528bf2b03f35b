/** What `vistas doctor` reports of the engines. */
import { REMEDIES } from "./packages.js";
import { tryBackend, type ProbeResult } from "./try-backend.js";
import { BACKENDS, type Backend } from "./types.js";

/** One line of `vistas doctor`: a backend that works, and how well; or one that does not, why, and how to get it. */
export type EngineReport =
  | ({ readonly backend: Backend; readonly available: true } & Omit<
      ProbeResult & { readonly ok: true },
      "ok" | "numericClass"
    >)
  | { readonly backend: Backend; readonly available: false; readonly why: string; readonly remedy: string };

/** Tries every backend anew, one after the other so that their speeds can be compared. Takes seconds. */
export async function listEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const backend of BACKENDS)
    reports.push(engineReport(backend, await tryBackend(backend, { speed: true })));
  return reports;
}

/** What trying a backend came to, as a line. */
export function engineReport(backend: Backend, result: ProbeResult): EngineReport {
  if (!result.ok) return { backend, available: false, why: result.why, remedy: REMEDIES[backend] };
  const { version, device, gpu, determinism, gflops } = result;
  return {
    backend,
    available: true,
    version,
    device,
    gpu,
    determinism,
    ...(gflops === undefined ? {} : { gflops }),
  };
}
