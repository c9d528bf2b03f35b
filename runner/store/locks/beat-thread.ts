/** A thread that lets a file grow by a byte again and again, whatever its process is busy with: see `LiveRuns`. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

export interface BeatData {
  readonly file: string;
  readonly ms: number;
}

const { file, ms } = workerData as BeatData;

setInterval(() => {
  try {
    // Not made anew: whoever has left is not to be brought back to life. Closed each time: see `LiveRuns`.
    const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeSync(fd, ".");
    } finally {
      closeSync(fd);
    }
  } catch {
    // A full or lost disk, as in `LiveRuns`.
  }
}, ms);
