import { statSync } from "node:fs";
import { metricsLine } from "../../core/metrics/metrics-line.js";
import type { NumberEntry } from "../../core/metrics/number-tree.js";
import type { JobHooks } from "./job.js";
import { Lines, lastState, Tail } from "./tail.js";
import { lastBar } from "./tqdm.js";

export interface Watched {
  readonly log: string;
  /** A `.jsonl` file of metrics, if the step writes one. */
  readonly metrics?: string;
  /** Each line of the log is told, as soon as it is there. */
  readonly streamed: boolean;
}

/** What is told of a step under way. */
export type WatchHooks = Pick<JobHooks, "progress" | "log"> & {
  metrics(values: Readonly<Record<string, number>>, step?: number): void;
};

/** A step is under way: tells what it appends to its files. The function returned tells the rest and ends it. */
export function watchStep({ log, metrics, streamed }: Watched, hooks: WatchHooks): () => void {
  const ownLog = new WatchedLog(log, streamed, hooks);
  const ownMetrics = metrics === undefined ? undefined : new WatchedMetrics(metrics, hooks);
  const look = (): void => {
    ownMetrics?.look();
    ownLog.look(ownMetrics?.knowsProgress ?? false);
  };
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    look();
    ownLog.end();
  };
}

const EVERY_MS = 250;
/** Bytes that are read at a look of what is only looked at for its latest state. */
const RECENT = 1 << 16;

class WatchedLog {
  readonly #tail: Tail;
  readonly #lines = new Lines();

  constructor(
    file: string,
    private readonly streamed: boolean,
    private readonly hooks: WatchHooks,
  ) {
    // An earlier attempt may have written to it.
    this.#tail = new Tail(file, statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  }

  look(knowsProgress: boolean): void {
    const most = this.streamed ? Infinity : RECENT;
    for (let next = this.#tail.read(most); next !== undefined; next = this.#tail.read(most)) {
      const lines = this.#lines.push(next);
      const bar = knowsProgress
        ? undefined
        : (lastBar(this.#lines.rest) ?? lastBar(lines.slice(-LAST).join("\n")));
      if (bar !== undefined) this.hooks.progress(bar.done, bar.total, bar.note);
      if (this.streamed) for (const line of lines) this.hooks.log(lastState(line));
    }
  }

  end(): void {
    if (this.streamed && this.#lines.rest !== "") this.hooks.log(lastState(this.#lines.rest));
  }
}

/** Lines among which a bar is looked for: nested ones are drawn on lines of their own. */
const LAST = 4;

class WatchedMetrics {
  knowsProgress = false;
  readonly #tail: Tail;
  readonly #lines = new Lines();

  constructor(
    file: string,
    private readonly hooks: WatchHooks,
  ) {
    this.#tail = new Tail(file);
  }

  /** What is no line of metrics yet, or never will be, is found when the step has ended. */
  look(): void {
    const values = new Map<string, number>();
    let [step, progress]: [number?, { done: number; total: number }?] = [];
    for (let next = this.#tail.read(RECENT * 16); next !== undefined; next = this.#tail.read(RECENT * 16))
      for (const text of this.#lines.push(next)) {
        const line = lineIn(text);
        for (const [name, value] of numbersIn(line?.entries ?? [], "")) values.set(name, value);
        step = line?.step ?? step;
        progress = line?.progress ?? progress;
      }
    if (values.size > 0) this.hooks.metrics(Object.fromEntries(values), step);
    if (progress === undefined) return;
    this.knowsProgress = true;
    this.hooks.progress(progress.done, progress.total, "");
  }
}

function lineIn(text: string): ReturnType<typeof metricsLine> {
  try {
    return text.trim() === "" ? undefined : metricsLine(text);
  } catch {
    return undefined;
  }
}

function* numbersIn(entries: readonly NumberEntry[], prefix: string): Generator<[string, number]> {
  for (const [key, value] of entries) {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (value?.type === "number") yield [name, value.value];
    else if (value?.type === "map") yield* numbersIn(value.entries, name);
  }
}
