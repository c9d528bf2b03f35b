/** A search thread: finds the neighbours of the queries that it was started with, reports them, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { nearest } from "./neighbours.js";
import type { Search, SearchMessage } from "./parallel.js";

const { rows, queries, k, metric } = workerData as Search;
const report = (message: SearchMessage): void => parentPort?.postMessage(message);
const found = nearest(rows, queries, k, metric, done => {
  if (done % 50 === 0) report({ done });
});
report({ done: queries.count });
report({ found });
