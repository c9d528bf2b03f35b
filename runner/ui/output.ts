import { readFileSync, readlinkSync } from "node:fs";
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
    /** It was closed when the process began: all that is written is lost. */
    private readonly closed = false,
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

  write(text: string, done: () => void = () => undefined): boolean {
    if (this.closed && text !== "") this.#fault ??= new Error("it is closed");
    if (this.#fault === undefined)
      return this.stream.write(this.filter(text), error => {
        if (error instanceof Error) this.#fault ??= error;
        done();
      });
    queueMicrotask(done);
    return true;
  }
}

/**
 * Whether a standard stream was closed when the process began (`>&-`). Node opens /dev/null in its place, to read and to
 * write; who wants to throw results away opens it to write, and a daemon gives all three streams so. Linux only.
 */
export function wasClosed(fd: 1 | 2): boolean {
  const isPlaceholder = (number: number): boolean => {
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8"))?.[1];
      return readlinkSync(`/proc/self/fd/${number}`) === "/dev/null" && (parseInt(flags ?? "0", 8) & 3) === 2;
    } catch {
      return false;
    }
  };
  return isPlaceholder(fd) && ![0, 1, 2].every(isPlaceholder);
}
