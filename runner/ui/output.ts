import type { EventSink } from "../core/event.js";

/** A terminal or a pipe. `columns` and `rows` are read afresh each time, since terminals are resized. */
export interface Output {
  write(text: string, done?: () => void): boolean;
  /** Writes a line that the CI host is to obey; nothing elsewhere. */
  command?(line: string): void;
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

/**
 * A stream of the process that outlives its reader: when a write fails (the reader went away, the disk is full), what
 * follows is dropped and `fault` says why, for the caller to judge at the end.
 */
export class GuardedOutput implements Output {
  #fault: Error | undefined;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    /** What becomes of each text before it is written. */
    private readonly filter: (text: string) => string,
    /** Whether the host of this process obeys commands in its output. */
    private readonly obeyed: boolean,
  ) {
    stream.on("error", (error: Error) => {
      this.#fault ??= error;
    });
  }

  get fault(): Error | undefined {
    return this.#fault;
  }

  get columns(): number | undefined {
    return this.stream.columns;
  }

  get rows(): number | undefined {
    return this.stream.rows;
  }

  command(line: string): void {
    if (this.obeyed && this.#fault === undefined) this.stream.write(`${line}\n`);
  }

  write(text: string, done: () => void = () => undefined): boolean {
    if (this.#fault === undefined)
      return this.stream.write(this.filter(text), error => {
        if (error instanceof Error) this.#fault ??= error;
        done();
      });
    queueMicrotask(done);
    return true;
  }
}
