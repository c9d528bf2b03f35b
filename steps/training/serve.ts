import { parentPort } from "node:worker_threads";

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
