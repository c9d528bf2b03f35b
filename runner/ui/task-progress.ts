import type { Clock } from "../core/clock.js";
import { bytes, duration, thousands } from "./quantities.js";
import type { Output } from "./output.js";
import { truncate } from "./display-text.js";

/** How far a task that goes through items and their bytes is. */
export interface TaskState {
  readonly items: number;
  readonly bytes: number;
}

/**
 * Shows on stderr how far a task is: on a terminal one line that is written over, elsewhere a line every ten seconds.
 * Time left is judged by bytes, with every item counting for as many as are read while one is opened.
 */
export class TaskProgress {
  readonly #begun: number;
  #shownAt = 0;
  #line = false;

  constructor(
    private readonly stderr: Output,
    private readonly clock: Clock,
    private readonly options: { readonly what: string; readonly total: TaskState; readonly isTTY: boolean },
  ) {
    this.#begun = clock.seconds();
  }

  /** May be called as often as is convenient. */
  show(state: TaskState): void {
    const seconds = this.clock.seconds() - this.#begun;
    const { isTTY } = this.options;
    if (seconds - this.#shownAt < (isTTY ? 0.1 : 10)) return;
    this.#shownAt = seconds;
    const text = this.#text(state, seconds);
    if (!isTTY) this.stderr.write(`${text}\n`);
    else this.stderr.write(`\r${truncate(text, (this.stderr.columns ?? 80) - 1)}${TO_LINE_END}`);
    this.#line = isTTY;
  }

  /** Seconds since the beginning; takes the line away. */
  end(): number {
    if (this.#line) this.stderr.write(`\r${TO_LINE_END}`);
    return this.clock.seconds() - this.#begun;
  }

  #text(state: TaskState, seconds: number): string {
    const { what, total } = this.options;
    const [done, all] = [weight(state), weight(total)];
    const left = done > 0 && done <= all ? `, ${duration((seconds * (all - done)) / done)} left` : "";
    return (
      `${what} ${thousands(state.items)} of ${thousands(total.items)} items, ` +
      `${bytes(state.bytes)} of ${bytes(total.bytes)}, ${bytes(state.bytes / seconds)}/s${left}`
    );
  }
}

const PER_ITEM = 20_000;

function weight({ items, bytes: size }: TaskState): number {
  return size + PER_ITEM * items;
}

const TO_LINE_END = `${String.fromCharCode(27)}[K`;
