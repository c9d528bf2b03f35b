import type { Curve } from "../../core/record.js";
import type { Device, Gathered, JsonObject } from "../../step-api.js";

/** One attempt at one step instance, with every path and value settled: all that an executor needs to know. */
export interface Job {
  readonly id: string;
  /** Marks every process of the job in its environment, so that none can escape by leaving its process group. */
  readonly tag: string;
  readonly program: CommandProgram | KindProgram;
  /** The whole environment of the job's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Values of which nothing may be told: not in the log, not in what hooks and results say. */
  readonly secrets?: readonly string[];
  /** The folder that the job works in. */
  readonly cwd: string;
  /** The real path of the folder that its outputs lie in. */
  readonly home: string;
  /** Where the job's output text goes. */
  readonly log: string;
  readonly timeoutMs?: number;
}

export interface CommandProgram {
  readonly type: "command";
  readonly argv: readonly string[];
}

/** A kind's module, run by the worker. */
export interface KindProgram {
  readonly type: "kind";
  readonly module: string;
  /** The module is the user's own: it may import `vistas`. */
  readonly plugin: boolean;
  readonly kind: string;
  readonly with: JsonObject;
  readonly inputs: Readonly<Record<string, string>>;
  readonly gathered: Readonly<Record<string, readonly Gathered[]>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly device: Device;
}

/** What a job tells while it runs, and the store of parts that it may use. */
export interface JobHooks {
  progress(done: number, total: number, note: string): void;
  log(line: string): void;
  /** What the user is to know although the job goes on, or has ended well. */
  notice(message: string): void;
  /** The path of a part that exists already, else nothing. `key` is canonical JSON. */
  findPart(key: string): Promise<string | undefined>;
  /** The same; what is not there is for the caller to make, unless another job makes it. With `wait` one waits for that. */
  claimPart(key: string, wait: boolean): Promise<Claim>;
  /** Takes a finished file or folder as a part; returns where it is now. */
  keepPart(key: string, path: string): Promise<string>;
}

/**
 * A part that is there; one that is the caller's to make, and nobody else will until it is kept or the job is over; one
 * that another job is making.
 */
export type Claim = { readonly state: "there"; readonly path: string } | { readonly state: "yours" | "busy" };

export type JobResult =
  | {
      readonly ok: true;
      readonly metrics: Readonly<Record<string, number>>;
      readonly curves: Readonly<Record<string, Curve>>;
    }
  | { readonly ok: false; readonly error: string; readonly cancelled: boolean };

/** Runs jobs somewhere. Resolves when no process of the job is left. */
export interface Executor {
  run(job: Job, hooks: JobHooks, signal: AbortSignal): Promise<JobResult>;
}

/** From the worker to its executor. */
export type WorkerMessage =
  | { readonly type: "progress"; readonly done: number; readonly total: number; readonly note: string }
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "find-part"; readonly call: number; readonly key: string }
  | { readonly type: "claim-part"; readonly call: number; readonly key: string; readonly wait: boolean }
  | { readonly type: "keep-part"; readonly call: number; readonly key: string; readonly path: string }
  | {
      readonly type: "done";
      readonly metrics: Record<string, number>;
      readonly curves: Record<string, Curve>;
    }
  | { readonly type: "failed"; readonly error: string };

/** From the executor to the worker. */
export type ExecutorMessage =
  | { readonly type: "run"; readonly program: KindProgram; readonly scratch: string }
  | {
      readonly type: "part";
      readonly call: number;
      readonly path: string | null;
      readonly busy: boolean;
      readonly error?: string;
    };
