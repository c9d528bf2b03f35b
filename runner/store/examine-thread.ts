/** A thread that examines the batches of items that it is sent: see `examinersOn`. */
import { parentPort, workerData } from "node:worker_threads";
import { systemDisk } from "./disk.js";
import { Examiner } from "./examine.js";
import type { Answer, ThreadData } from "./examiners.js";
import type { Item } from "./inventory.js";

const { root, stated, read } = workerData as ThreadData;
const examiner = new Examiner(systemDisk, root, stated, bytes => Atomics.add(read, 0, BigInt(bytes)));

parentPort?.on("message", (items: readonly Item[]) => {
  parentPort?.postMessage(answer(items));
});

function answer(items: readonly Item[]): Answer {
  try {
    return { found: items.map(item => examiner.examine(item)) };
  } catch (error) {
    // The fields of an error of the system, but for the message, are lost between threads unless they are its own.
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
