/**
 * Batches are made on a thread of their own, a few ahead of the update that takes them, so that reading, augmenting
 * and drawing noise cost the training no time. A batch is a pure function of its update's number: how far the thread
 * is ahead changes no result.
 */
import { EventEmitter } from "node:events";
import { parentPort } from "node:worker_threads";
import { fittingRows, OutOfMemory, type ProgramArrays, saysOutOfMemory } from "../engine/index.js";

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

/** What makes batches: a thread that runs `serveBatches`, or `localBatches`. */
export interface BatchSource {
  postMessage(update: number): void;
  on(event: "message", listener: (batch: BatchMessage) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: (code: number) => void): unknown;
  terminate(): unknown;
}

/** Makes the batches on this thread, one at a time, between updates: for code that no other thread can import. */
export function localBatches(make: (update: number) => Batch): BatchSource {
  const events = new EventEmitter();
  return {
    on: (event: string, listener: (value: never) => void) =>
      events.on(event, listener as (value: unknown) => void),
    postMessage: update =>
      void setImmediate(() => {
        try {
          events.emit("message", batchMessage(make(update)));
        } catch (error) {
          events.emit("error", error);
        }
      }),
    terminate: () => events.removeAllListeners(),
  };
}

/** Asks `worker`, which must run `serveBatches`, for the batches of updates `from` (included) to `to` (excluded). */
export function openFeed(worker: BatchSource, from: number, to: number, signal: AbortSignal): Feed {
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

/** The inputs of one update, float32 all of them. */
export type Batch = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>
>;

/** A batch on its way from thread to thread: the memory itself is handed over. */
export type BatchMessage = readonly (readonly [
  name: string,
  shape: readonly number[],
  buffer: ArrayBuffer,
])[];

/** The other end of `openFeed`: makes the batch of each update that is asked for. The thread's main program. */
export function serveBatches(make: (update: number) => Batch): void {
  const port = parentPort;
  if (port === null) throw new Error("Internal error: batches are made in a thread of their own.");
  port.on("message", (update: number) => {
    const message = batchMessage(make(update));
    port.postMessage(
      message,
      message.map(([, , buffer]) => buffer),
    );
  });
}

export function batchMessage(batch: Batch): BatchMessage {
  return Object.entries(batch).map(([name, { shape, data }]) => [name, shape, data.buffer] as const);
}

/** The error of a training, where memory is out as one that says which value of the option `batch` would fit. */
export function withFittingBatch(error: unknown, batch: number): unknown {
  if (!saysOutOfMemory(error)) return error;
  const cause = { cause: error };
  // The thread that makes the batches.
  if (!(error instanceof OutOfMemory))
    return new Error(`Out of memory: make 'batch', which is ${batch}, smaller.`, cause);
  const unit = Math.max(1, Math.round(error.rows / batch));
  const fitting = fittingRows(error, unit) / unit;
  const advice = fitting === 0 ? "Make 'batch' smaller" : `A 'batch' of ${fitting} would fit`;
  return new Error(`${error.message} ${advice}; or take another engine with --backend.`, cause);
}
