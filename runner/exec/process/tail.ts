import { closeSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { isCode } from "../../store/disk.js";

/** What was appended to a file since the last look. */
export interface Appended {
  readonly text: string;
  /** The file was put in place anew or cut off: the text is from its start. */
  readonly anew: boolean;
  /** Some of it was left out, because it was more than was asked for: the text begins somewhere. */
  readonly skipped: boolean;
}

/** Reads what is appended to a file, by whichever process. */
export class Tail {
  #inode: bigint | undefined;
  #decoder = new StringDecoder();

  /** `from`: where to begin, in bytes. */
  constructor(
    private readonly file: string,
    private from = 0,
  ) {}

  /** At most the last `most` bytes; nothing where nothing was appended. */
  read(most = Infinity): Appended | undefined {
    const stat = statSync(this.file, { bigint: true, throwIfNoEntry: false });
    if (stat?.isFile() !== true) return undefined;
    const anew = (this.#inode !== undefined && stat.ino !== this.#inode) || stat.size < this.from;
    this.#inode = stat.ino;
    if (anew) this.from = 0;
    const size = Number(stat.size);
    if (size === this.from) return anew ? { text: "", anew, skipped: false } : undefined;
    const skipped = size - this.from > most;
    if (skipped) this.from = size - most;
    if (anew || skipped) this.#decoder = new StringDecoder();
    const text = this.#decoder.write(this.#bytes(size));
    return text === "" && !anew ? undefined : { text, anew, skipped };
  }

  #bytes(size: number): Buffer {
    let fd: number;
    try {
      fd = openSync(this.file, "r");
    } catch (error) {
      // Gone at this moment.
      if (isCode(error, "ENOENT")) return Buffer.alloc(0);
      throw error;
    }
    try {
      const bytes = Buffer.alloc(Math.min(size - this.from, MOST_AT_ONCE));
      const read = readSync(fd, bytes, 0, bytes.length, this.from);
      this.from += read;
      return bytes.subarray(0, read);
    } finally {
      closeSync(fd);
    }
  }
}

/** Bytes; the rest comes at the next look. */
const MOST_AT_ONCE = 1 << 22;

/** Cuts text that comes in pieces into lines. */
export class Lines {
  #rest = "";

  /** The lines that have come to their end. */
  push({ text, anew, skipped }: Appended): string[] {
    if (anew || skipped) this.#rest = "";
    const lines = linesIn(`${this.#rest}${text}`);
    this.#rest = shortened(lines.pop() ?? "");
    // The first one is half of one.
    return skipped ? lines.slice(1) : lines;
  }

  /** What has come of the last one. */
  get rest(): string {
    return this.#rest;
  }
}

/** The lines of a text; bars that tqdm draws below another one, from which the cursor goes up again, are left out. */
export function linesIn(text: string): string[] {
  const plain = text.includes(UP)
    ? text.replace(BELOW, (_, down: string, up: string) =>
        "\n".repeat(Math.max(0, down.length - up.length / UP.length)),
      )
    : text;
  return plain.split("\n");
}

const ESCAPE = String.fromCharCode(27);
const UP = `${ESCAPE}[A`;
const BELOW = new RegExp(`(\\n+)\\r?[^\\n${ESCAPE}]*((?:${ESCAPE}\\[A)+)`, "g");

/** A line that goes on: what was written over already is of no use, but its last byte may be half of a CRLF. */
export function shortened(line: string): string {
  return line.endsWith("\r") ? `${lastState(line)}\r` : lastState(line);
}

/** What a line shows that a program has written over again and again, as progress bars do. */
export function lastState(line: string): string {
  const end = line.replace(/\r+$/, "");
  return end.slice(end.lastIndexOf("\r") + 1);
}
