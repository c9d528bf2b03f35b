import { Worker } from "node:worker_threads";
import type { Neighbours, Metric, Rows } from "./neighbours.js";

/** What a thread is given: all rows, and its share of the queries. */
export interface Search {
  readonly rows: Rows;
  readonly queries: Rows;
  readonly k: number;
  readonly metric: Metric;
}

/** What a thread reports: how many of its queries are done, in the end the result. */
export type SearchMessage = { readonly done: number } | { readonly found: Neighbours };

export interface SearchOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** `nearest` (see there) on several threads, each with an equal share of the queries; the result does not depend on it. */
export async function nearestInParallel(
  { rows, queries, k, metric }: Search,
  { threads, signal, onProgress }: SearchOptions,
): Promise<Neighbours> {
  const shared = share(rows);
  const size = Math.ceil(queries.count / threads);
  const done: number[] = [];
  const report = (thread: number, count: number): void => {
    done[thread] = count;
    onProgress(done.reduce((sum, n) => sum + n, 0));
  };
  const searches = Array.from({ length: Math.ceil(queries.count / size) }, (_, thread) => {
    const own = slice(queries, thread * size, Math.min((thread + 1) * size, queries.count));
    done.push(0);
    return inThread({ rows: shared, queries: own, k, metric }, signal, count => report(thread, count));
  });
  const found = await Promise.all(searches);
  return {
    indices: Int32Array.from(found.flatMap(({ indices }) => Array.from(indices))),
    distances: Float64Array.from(found.flatMap(({ distances }) => Array.from(distances))),
  };
}

async function inThread(
  search: Search,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Neighbours> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: search });
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop);
  try {
    return await new Promise<Neighbours>((resolve, reject) => {
      worker.on("message", (message: SearchMessage) => {
        if ("found" in message) resolve(message.found);
        else onProgress(message.done);
      });
      worker.on("error", reject);
      worker.on("exit", code => {
        reject(new Error(signal.aborted ? "cancelled" : `a search thread ended with ${code}`));
      });
    });
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

/** The same numbers in memory that every thread sees, rather than a copy each. */
function share({ count, width, values }: Rows): Rows {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return { count, width, values: shared };
}

function slice({ width, values }: Rows, from: number, to: number): Rows {
  return { count: to - from, width, values: values.slice(from * width, to * width) };
}
