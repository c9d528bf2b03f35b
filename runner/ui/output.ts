import type { EventSink } from "../core/event.js";

/** A terminal or a pipe. `columns` and `rows` are read afresh each time, since terminals are resized. */
export interface Output {
  write(text: string, done?: () => void): boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** A function of the event stream. `close` is awaited before anything else is printed. */
export interface Reporter {
  readonly sink: EventSink;
  close(): Promise<void>;
}

/** Resolves when all that was written has left the process: pipes take it later, and an exit would drop it. */
export function flushed(output: Output): Promise<void> {
  return new Promise(resolve => {
    output.write("", () => resolve());
  });
}
