/**
 * Batches are made on a thread of their own, a few ahead of the update that takes them, so that reading, augmenting
 * and drawing noise cost the training no time. A batch is a pure function of its update's number: how far the thread
 * is ahead changes no result.
 */
import type { Worker } from "node:worker_threads";
import type { ProgramArrays } from "../engine/index.js";
import type { BatchMessage } from "./serve.js";

export interface Feed {
  /** The batch of the next update. Rejects with what the thread threw, or with the signal's reason. */
  next(): Promise<ProgramArrays>;
  /** Seconds that `next` took in all: the time in which the training had nothing to compute. */
  readonly waited: number;
  /** Ends the thread. */
  dispose(): Promise<void>;
}

/** Batches made ahead. Each is held in memory. */
const AHEAD = 3;

/** Asks `worker`, which must run `serveBatches`, for the batches of updates `from` (included) to `to` (excluded). */
export function openFeed(worker: Worker, from: number, to: number, signal: AbortSignal): Feed {
  const ready: ProgramArrays[] = [];
  let fault: Error | undefined;
  let wake = (): void => undefined;
  let [asked, waited] = [from, 0];
  const ask = (): void => {
    if (asked < to) worker.postMessage(asked++);
  };
  const fail = (error: Error): void => {
    fault ??= error;
    wake();
  };
  const onAbort = (): void => fail(signal.reason as Error);
  worker.on("message", (batch: BatchMessage) => {
    ready.push(
      Object.fromEntries(
        batch.map(([name, shape, buffer]) => [name, { shape, data: new Float32Array(buffer) }]),
      ),
    );
    wake();
  });
  worker.on("error", fail);
  worker.on("exit", code => fail(new Error(`the thread that prepares batches ended with code ${code}`)));
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  for (let i = 0; i < AHEAD; i++) ask();
  return {
    get waited() {
      return waited;
    },
    async next() {
      const start = performance.now();
      while (ready.length === 0 && fault === undefined)
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      waited += (performance.now() - start) / 1000;
      if (fault !== undefined) throw fault;
      ask();
      return ready.shift() ?? {};
    },
    async dispose() {
      signal.removeEventListener("abort", onAbort);
      await worker.terminate();
    },
  };
}
