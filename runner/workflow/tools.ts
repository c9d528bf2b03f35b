import type { Clock } from "../core/clock.js";
import type { Executor } from "../exec/process/job.js";
import type { Capacity } from "../exec/leases.js";
import type { Kinds } from "../pipeline/schema/kinds.js";
import type { EngineChoice } from "../step-api.js";
import type { StatedMetrics } from "../store/verify/stated.js";

/** The parts of vistas that the composition root hands in, because the runner may not import them itself. */
export interface Tools {
  readonly version: string;
  readonly clock: Clock;
  readonly kinds: Kinds;
  /** Where artifacts of the built-in kinds state the metrics of their steps. */
  readonly statedMetrics: StatedMetrics;
  readonly executor: Executor;
  capacity(): Capacity;
  /** `memo` is a folder for what the choice may remember, where there is one. */
  chooseEngine(request: string, memo: string | undefined): Promise<EngineChoice>;
  /** Every backend, for `doctor`: available or not, and how to get it. */
  listEngines(): Promise<readonly EngineLine[]>;
  /** Installs a backend for this user. Throws an error that says what the machine lacks. */
  installEngine(name: string, watcher: InstallWatcher, signal: AbortSignal): Promise<InstallOutcome>;
}

export type EngineLine =
  | {
      readonly backend: string;
      readonly available: true;
      readonly version: string;
      readonly device: string;
      readonly gpu: boolean;
      /** `bitwise`: the same bits with any number of threads; `same-threads`; `none`. */
      readonly determinism: string;
      /** Of a product of two matrices. */
      readonly gflops?: number;
    }
  | { readonly backend: string; readonly available: false; readonly why: string; readonly remedy: string };

export interface InstallWatcher {
  /** A stage begins; `stage` counts from 1. */
  stage(stage: number, stages: number, title: string): void;
  /** How far it is, in bytes. */
  progress(done: number, total: number): void;
}

export interface InstallOutcome {
  readonly folder: string;
  /** False when it was there already. */
  readonly fresh: boolean;
  readonly engine: EngineLine;
}
