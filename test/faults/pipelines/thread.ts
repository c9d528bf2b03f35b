/** The thread in which texts are judged: one that never ends can be ended from outside. */
import { parentPort, workerData } from "node:worker_threads";
import { caseMaker } from "./cases.js";
import { Judge } from "./judge.js";

export interface Task {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly folder: string;
  /** Where the number of the case under way is told, counted from `from`. */
  readonly at: SharedArrayBuffer;
}

export type Told =
  | { readonly type: "fault"; readonly index: number; readonly fault: string }
  | { readonly type: "end"; readonly valid: number; readonly refused: number };

const { seed, from, to, folder, at } = workerData as Task;
const place = new Int32Array(at);
const judge = await Judge.in(folder);
const caseOf = caseMaker(seed, judge.kinds);
const counts = { valid: 0, refused: 0 };
for (let index = from; index < to; index++) {
  Atomics.store(place, 0, index);
  const verdict = await judge.judge(caseOf(index));
  if (typeof verdict === "string") counts[verdict]++;
  else tell({ type: "fault", index, fault: verdict.fault });
}
tell({ type: "end", ...counts });

function tell(told: Told): void {
  parentPort?.postMessage(told);
}
