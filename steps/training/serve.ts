import { parentPort } from "node:worker_threads";
import type { ProgramArrays } from "../engine/index.js";

/** The other end of `openFeed`: makes the batch of each update that is asked for. The thread's main program. */
export function serveBatches(make: (update: number) => ProgramArrays): void {
  const port = parentPort;
  if (port === null) throw new Error("Internal error: batches are made in a thread of their own.");
  port.on("message", (update: number) => {
    const batch = make(update);
    // Handed over, not copied.
    port.postMessage(
      batch,
      Object.values(batch).map(({ data }) => data.buffer as ArrayBuffer),
    );
  });
}
