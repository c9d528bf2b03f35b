/** A thread for `feed.test.ts`: the batch of an update is its number; the one of number `workerData` fails. */
import { workerData } from "node:worker_threads";
import { serveBatches } from "../../steps/training/feed.js";

const limit = workerData as number;
serveBatches(update => {
  if (update === limit) throw new RangeError(`there is no batch ${update}`);
  return { n: { shape: [2], data: Float32Array.of(update, limit) } };
});
