import { setImmediate } from "node:timers/promises";
import { runnerFile } from "../../core/self/here.js";
import type { Disk } from "../disk.js";
import { Examiner, type Examined } from "./examine.js";
import type { Item } from "../inventory.js";
import type { StatedMetrics } from "./stated.js";
import { Thread } from "../thread.js";

/** Who examines items of one store. */
export interface Examiners {
  /** Where artifacts state the metrics of their steps. */
  readonly stated: StatedMetrics;
  /** Batches that are worth giving at once. */
  readonly width: number;
  /** What each item came to, in their order. */
  examine(items: readonly Item[]): Promise<readonly Examined[]>;
  /** Bytes read so far, also of what is not through yet. */
  bytes(): number;
  close(): Promise<void>;
}

/** In this thread, by any disk. */
export function examinersHere(disk: Disk, root: string, stated: StatedMetrics): Examiners {
  let read = 0;
  const examiner = new Examiner(disk, root, stated, bytes => (read += bytes));
  return {
    stated,
    width: 1,
    async examine(items) {
      const found = items.map(item => examiner.examine(item));
      // Lets progress be told, and signals be heard.
      await setImmediate();
      return found;
    },
    bytes: () => read,
    close: () => Promise.resolve(),
  };
}

/** What the first message tells a thread. `read`: counts the bytes that all threads have read. */
export interface ThreadData {
  readonly root: string;
  readonly stated: StatedMetrics;
  readonly read: BigInt64Array<SharedArrayBuffer>;
}

/** In threads of their own, one a core: hashing is all arithmetic. Each works on one batch at a time. */
export function examinersOn(root: string, stated: StatedMetrics, threads: number): Examiners {
  const read = new BigInt64Array(new SharedArrayBuffer(8));
  const data: ThreadData = { root, stated, read };
  const all = Array.from(
    { length: threads },
    (): Asked => new Thread(runnerFile("store/verify/examine-thread.js"), data),
  );
  const idle = [...all];
  const waiting: ((thread: Asked) => void)[] = [];
  return {
    stated,
    width: 2 * threads,
    async examine(items) {
      const thread = idle.pop() ?? (await new Promise<Asked>(resolve => waiting.push(resolve)));
      try {
        return await thread.ask(items);
      } finally {
        const next = waiting.shift();
        if (next === undefined) idle.push(thread);
        else next(thread);
      }
    },
    bytes: () => Number(Atomics.load(read, 0)),
    async close() {
      await Promise.all(all.map(thread => thread.end()));
    },
  };
}

type Asked = Thread<readonly Item[], readonly Examined[]>;
