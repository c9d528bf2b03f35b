import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../cache/canonical.js";
import type { Curve } from "../core/record.js";
import { randomStream, type StepContext } from "../step-api.js";
import type { ExecutorMessage, KindProgram, WorkerMessage } from "./job.js";

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
  const waiting = new Map<number, { resolve(path: string | null): void; reject(error: Error): void }>();
  let calls = 0;
  let lastProgress = -Infinity;

  const ask = (build: (call: number) => WorkerMessage): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const call = calls++;
      waiting.set(call, { resolve, reject });
      send(build(call));
    });

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
      if (!Number.isFinite(value)) {
        throw new Error(
          `the metric ${name} is ${value}${at === undefined ? "" : ` at ${at}`}: a result must be a finite number`,
        );
      }
      metrics.set(name, value);
      if (at === undefined) return;
      const curve = curves.get(name) ?? [];
      curve.push([at, value]);
      curves.set(name, curve);
    },
    async part(key, produce) {
      const text = canonicalJson(key);
      const found = await ask(call => ({ type: "claim-part", call, key: text }));
      if (found !== null) return found;
      mkdirSync(scratch, { recursive: true });
      const path = join(scratch, String(calls));
      await produce(path);
      const kept = await ask(call => ({ type: "keep-part", call, key: text, path }));
      if (kept === null) throw new Error(`the part ${text} could not be kept`);
      return kept;
    },
    findPart: async key =>
      (await ask(call => ({ type: "find-part", call, key: canonicalJson(key) }))) ?? undefined,
    log: line => send({ type: "log", line }),
    random: stream => randomStream(seedOf(program), stream),
  };

  return {
    context,
    results: () => ({ metrics: Object.fromEntries(metrics), curves: Object.fromEntries(curves) }),
    settle: ({ call, path, error }) => {
      const asker = waiting.get(call);
      waiting.delete(call);
      if (error === undefined) asker?.resolve(path);
      else asker?.reject(new Error(error));
    },
    stop: () => abort.abort(),
  };
}

/** At most ten a second reach the terminal, however often a step tells. */
const PROGRESS_MS = 100;

function seedOf({ with: options }: KindProgram): number | string {
  const seed = options["seed"];
  return typeof seed === "number" || typeof seed === "string" ? seed : 0;
}
