/** What a source gives: a file's bytes, or a folder's files by relative path (with `/`). */
export type Payload = Uint8Array | ReadonlyMap<string, Uint8Array>;

/** A source, opened. */
export interface Place {
  /** The payload `name`, or `name.gz`, as it lies there. Throws, saying what is missing. */
  read(name: string): Promise<Payload>;
}

export interface FetchOptions {
  /** Folder that relative paths are resolved against. */
  readonly project: string;
  /** Bounds each download and each unpacked payload, bytes. */
  readonly maxBytes: number;
  /** How long a download may bring nothing, or next to nothing (web.ts), before it is given up, milliseconds. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  log(line: string): void;
  progress(done: number, total: number, note: string): void;
}
