import { join, resolve } from "node:path";
import type { Clock } from "../core/clock.js";
import type { Capacity } from "../exec/leases.js";
import type { Host } from "../exec/host.js";
import type { Executor } from "../exec/job.js";
import { projectOf } from "../graph/load.js";
import type { Kinds } from "../spec/kinds.js";
import type { EngineChoice } from "../step-api.js";
import { systemDisk } from "../store/disk.js";
import { Store } from "../store/store.js";
import { UserCache, userCacheFolder } from "../store/user-cache.js";
import type { Output } from "../ui/output.js";

/** What the composition root gives to the commands: the parts of vistas that they may not import themselves. */
export interface Tools {
  readonly version: string;
  readonly clock: Clock;
  readonly kinds: Kinds;
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

/** One call of vistas: where it stands, what it writes to, and the global options. */
export interface Session {
  readonly tools: Tools;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isTTY: boolean;
  readonly color: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** `--root`, else `VISTAS_ROOT`. */
  readonly root: string | undefined;
  /** Aborted by Ctrl-C or a request to end. */
  readonly signal: AbortSignal;
}

export const DEFAULT_PIPELINE = "pipelines/quickstart.yaml";

/** A first argument that ends in `.yaml` or `.yml` is the pipeline; the rest are steps. */
export function splitTarget(args: readonly string[]): { pipeline: string; steps: readonly string[] } {
  const [first, ...rest] = args;
  if (first !== undefined && isPipeline(first)) return { pipeline: first, steps: rest };
  return { pipeline: DEFAULT_PIPELINE, steps: args };
}

export function isPipeline(word: string): boolean {
  return /\.ya?ml$/i.test(word);
}

/** The store: `--root`, `VISTAS_ROOT`, or `artifacts/` in the project. */
export function openStore(session: Session, pipeline: string): Store {
  const project = projectOf(resolve(session.cwd, pipeline));
  const root = session.root === undefined ? join(project, "artifacts") : resolve(session.cwd, session.root);
  const cache = new UserCache(userCacheFolder(session.env, session.cwd));
  const store = new Store(root, session.tools.clock, systemDisk, cache);
  store.check();
  return store;
}

export function createHost(session: Session, store: Store, kinds: Kinds, backend: string): Host {
  const { tools } = session;
  let engine: Promise<EngineChoice> | undefined;
  return {
    store,
    kinds,
    clock: tools.clock,
    engine: () => (engine ??= tools.chooseEngine(backend, store.cache.folder)),
    executor: tools.executor,
    capacity: tools.capacity(),
    env: session.env,
    version: tools.version,
  };
}

/** Writes a result: to stdout, always ending in a line end. */
export function print(session: Session, text: string): void {
  session.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function printJson(session: Session, value: unknown): void {
  print(session, JSON.stringify(value, null, 2));
}
