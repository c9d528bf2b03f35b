/**
 * Which backend a run computes with. The choice is made before any key is, because it is part of the keys.
 * Does not: open the backend in this process; each candidate is tried in a child, and the outcome remembered.
 */
import { UserFacingError, type EngineChoice } from "../../runner/step-api.js";
import { ProbeMemo } from "./memo.js";
import { REMEDIES } from "./packages.js";
import { tryBackend, type ProbeResult } from "./try-backend.js";
import { BACKENDS, isBackend, type Backend } from "./types.js";

/**
 * The order of `auto`: GPUs first, then by the measured speed of training (docs/engines.md says what was measured,
 * and how). It is fixed, and not measured anew on each machine: a choice that wavers with the machine's load would
 * change keys, and so forget results. A GPU made of software is not in it.
 */
const PREFERENCE: readonly (readonly [Backend, "gpu" | "processor"])[] = [
  ["tensorflow", "gpu"],
  ["onnx", "gpu"],
  ["webgpu", "gpu"],
  ["onnx", "processor"],
  ["tensorflow", "processor"],
  ["wasm", "processor"],
  ["cpu", "processor"],
];

/**
 * `auto`: the first in the order above that loads and passes the self-check; a GPU made of software is passed over. A
 * named backend is taken, or an Error says what is missing and how to get it.
 * `memoFolder`: where outcomes are remembered; without it every candidate is tried anew.
 */
export async function chooseEngine(request: string, memoFolder?: string): Promise<EngineChoice> {
  const memo = memoFolder === undefined ? undefined : new ProbeMemo(memoFolder);
  if (request === "auto") return fastest(backend => trial(backend, memo));
  if (!isBackend(request))
    throw new MissingEngine(
      `There is no tensor engine ${JSON.stringify(request)}: auto, ${BACKENDS.join(", ")}.`,
    );
  const result = await trial(request, memo);
  if (!result.ok)
    throw new MissingEngine(
      `The tensor engine is not available. ${request}: ${result.why}. To get it: ${REMEDIES[request]}`,
    );
  return choice(request, result, `asked for with --backend ${request}`);
}

/** The engine that was asked for does not work here: a fact about the machine, not a fault of vistas. */
export class MissingEngine extends UserFacingError {
  override readonly name = "MissingEngine";
  /** The call, or the pipeline, wants it: nothing ran. */
  override readonly exit = 2;
}

type Works = ProbeResult & { readonly ok: true };

async function fastest(trialOf: (backend: Backend) => Promise<ProbeResult>): Promise<EngineChoice> {
  const tried = new Map<Backend, ProbeResult>();
  for (const [backend, where] of PREFERENCE) {
    const result = tried.get(backend) ?? (await trialOf(backend));
    if (result.ok && result.gpu === (where === "gpu")) {
      tried.delete(backend);
      const others = tried.size === 0 ? "" : ` (${outcomes(tried).join("; ")})`;
      const chosen = choice(backend, result, `it trains fastest of those that work here${others}`);
      const better = tried.get("onnx");
      if (better === undefined || better.ok) return chosen;
      // npm leaves an optional dependency out without a word where its installation fails.
      const advice = `the engine onnx, which is faster, does not work here (${better.why}). To get it: ${REMEDIES.onnx}`;
      return { ...chosen, advice };
    }
    tried.set(backend, result);
  }
  throw new MissingEngine(`No tensor engine works here. ${outcomes(tried).join(". ")}.`);
}

function outcomes(tried: ReadonlyMap<Backend, ProbeResult>): string[] {
  return [...tried].map(([backend, result]) =>
    result.ok ? `${backend} on ${result.device} trains more slowly` : `${backend}: ${result.why}`,
  );
}

function choice(backend: Backend, { device, numericClass, determinism }: Works, why: string): EngineChoice {
  return { backend, numericClass, deterministic: determinism === "bitwise", why: `${device}: ${why}` };
}

async function trial(backend: Backend, memo: ProbeMemo | undefined): Promise<ProbeResult> {
  const known = memo?.get(backend);
  if (known !== undefined) return known;
  const result = await tryBackend(backend);
  memo?.set(backend, result);
  return result;
}
