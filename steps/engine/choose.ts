/**
 * Which backend a run computes with. The choice is made before any key is, because it is part of the keys.
 * Does not: open the backend in this process; each candidate is tried in a child, and the outcome remembered.
 */
import type { EngineChoice } from "../../runner/step-api.js";
import { ProbeMemo } from "./memo.js";
import { REMEDIES } from "./packages.js";
import { tryBackend, type ProbeResult } from "./try-backend.js";
import { BACKENDS, isBackend, type Backend } from "./types.js";

/**
 * `auto`: the first of native TensorFlow (on a GPU, else on the processor), WebGPU, WebAssembly and plain JavaScript
 * that loads and computes rightly. A named backend is taken, or an Error says what is missing and how to get it.
 * `memoFolder`: where outcomes are remembered; without it every candidate is tried anew.
 */
export async function chooseEngine(request: string, memoFolder?: string): Promise<EngineChoice> {
  const memo = memoFolder === undefined ? undefined : new ProbeMemo(memoFolder);
  const failures: string[] = [];
  for (const backend of candidates(request)) {
    const result = suited(await trial(backend, memo), request);
    if (result.ok) {
      const passed = failures.length === 0 ? "" : ` (${failures.join("; ")})`;
      const why =
        request === "auto" ? `the first that works here${passed}` : `asked for with --backend ${backend}`;
      return { backend, numericClass: result.numericClass, why: `${result.device}: ${why}` };
    }
    failures.push(`${backend}: ${result.why}`);
  }
  if (request === "auto") throw new Error(`No tensor engine works here. ${failures.join(". ")}.`);
  const [failure = ""] = failures;
  throw new Error(
    `The tensor engine is not available. ${failure}. To get it: ${REMEDIES[request as Backend]}`,
  );
}

/** One line of `vistas doctor`. */
export interface EngineReport {
  readonly backend: Backend;
  readonly available: boolean;
  /** Version, device, threads, speed; or why it is not there. */
  readonly detail: string;
  /** What to do to get it. */
  readonly remedy?: string;
}

/** Tries every backend anew, one after the other so that their speeds can be compared. Takes seconds. */
export async function listEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const backend of BACKENDS) {
    const result = await tryBackend(backend, true);
    reports.push(
      result.ok
        ? { backend, available: true, detail: describe(result) }
        : { backend, available: false, detail: result.why, remedy: REMEDIES[backend] },
    );
  }
  return reports;
}

function describe({ version, device, gflops }: ProbeResult & { ok: true }): string {
  const speed = gflops === undefined ? [] : [`${gflops.toPrecision(2)} GFLOP/s`];
  return [version, device, ...speed].join(", ");
}

function candidates(request: string): readonly Backend[] {
  if (request === "auto") return BACKENDS;
  if (isBackend(request)) return [request];
  throw new Error(`There is no tensor engine ${JSON.stringify(request)}: auto, ${BACKENDS.join(", ")}.`);
}

/** Vulkan drivers that compute on the processor: right, but a hundred times slower there than wasm. */
const SOFTWARE_GPU = /swiftshader|llvmpipe|lavapipe|basic render/i;

function suited(result: ProbeResult, request: string): ProbeResult {
  if (request !== "auto" || !result.ok || !SOFTWARE_GPU.test(result.device)) return result;
  return { ok: false, why: `${result.device} is no real GPU` };
}

async function trial(backend: Backend, memo: ProbeMemo | undefined): Promise<ProbeResult> {
  const known = memo?.get(backend);
  if (known !== undefined) return known;
  const result = await tryBackend(backend);
  memo?.set(backend, result);
  return result;
}
