import type { Curve } from "../../core/record.js";
import { randomStream, type StepContext } from "../../step-api.js";
import type { ExecutorMessage, KindProgram, WorkerMessage } from "./job.js";
import { WorkerParts } from "./worker-parts.js";

export interface WorkerContext {
  readonly context: StepContext;
  /** What the step has reported so far. */
  readonly results: () => { metrics: Record<string, number>; curves: Record<string, Curve> };
  /** Gives the answer to a question about a part. */
  readonly settle: (message: Extract<ExecutorMessage, { type: "part" }>) => void;
  /** Aborts the step's signal. */
  readonly stop: () => void;
}

/** The step context of a kind that runs in a worker. `scratch` is a folder for parts that are being made. */
export function createContext(
  program: KindProgram,
  scratch: string,
  send: (message: WorkerMessage) => void,
): WorkerContext {
  const abort = new AbortController();
  const metrics = new Map<string, number>();
  const curves = new Map<string, [number, number][]>();
  const parts = new WorkerParts(scratch, send);
  let lastProgress = -Infinity;

  const context: StepContext = {
    with: program.with,
    inputs: program.inputs,
    gathered: program.gathered,
    outputs: program.outputs,
    device: program.device,
    signal: abort.signal,
    progress(done, total, note = "") {
      const now = performance.now();
      if (now - lastProgress < PROGRESS_MS && done !== total) return;
      lastProgress = now;
      send({ type: "progress", done, total, note });
    },
    metric(name, value, at) {
      for (const given of at === undefined ? [value] : [value, at]) {
        // A plug-in may be plain JavaScript.
        if (typeof given !== "number")
          throw new TypeError(`the metric ${name} is given ${String(given)}, which is no number`);
      }
      metrics.set(name, value);
      if (at === undefined) return;
      const curve = curves.get(name) ?? [];
      curve.push([at, value]);
      curves.set(name, curve);
    },
    part: parts.part,
    parts: parts.parts,
    findPart: parts.findPart,
    log: line => send({ type: "log", line }),
    random: stream => randomStream(seedOf(program), stream),
  };

  return {
    context,
    results: () => ({ metrics: Object.fromEntries(metrics), curves: Object.fromEntries(curves) }),
    settle: answer => parts.settle(answer),
    stop: () => abort.abort(),
  };
}

/** At most ten a second reach the terminal, however often a step tells. */
const PROGRESS_MS = 100;

function seedOf({ with: options }: KindProgram): number | string {
  const seed = options["seed"];
  return typeof seed === "number" || typeof seed === "string" ? seed : 0;
}
