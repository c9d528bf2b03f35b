import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { Clock } from "../core/clock.js";
import { UsageError } from "../core/diagnostic.js";
import { jsonText } from "../core/quantity.js";
import type { Capacity } from "../exec/leases.js";
import type { Host } from "../exec/host.js";
import type { Executor } from "../exec/job.js";
import { projectOf } from "../graph/load.js";
import type { Kinds } from "../spec/kinds.js";
import { alternatives, code } from "../spec/wording.js";
import type { EngineChoice } from "../step-api.js";
import { systemDisk } from "../store/disk.js";
import type { StatedMetrics } from "../store/stated.js";
import { Store } from "../store/store.js";
import { UserCache, userCacheFolder } from "../store/user-cache.js";
import type { Output } from "../ui/output.js";

/** What the composition root gives to the commands: the parts of vistas that they may not import themselves. */
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

/** One call of vistas: where it stands, what it writes to, and the global options. */
export interface Session {
  readonly tools: Tools;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isTTY: boolean;
  readonly color: boolean;
  /** `color` is that of stderr. */
  readonly stdoutColor: boolean;
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

/** The same for verbs that read the pipeline. Throws a `UsageError` for a call that names none where one is needed. */
export function pipelineOf(
  { cwd }: Session,
  args: readonly string[],
): { pipeline: string; steps: readonly string[] } {
  const { pipeline, steps } = splitTarget(args);
  const later = steps.find(isPipeline);
  if (later !== undefined) {
    const others = steps.filter(word => word !== later);
    const hint = `the pipeline comes first: ${[later, ...others].join(" ")}`;
    const message = `${code(later)} is a pipeline, where a step belongs`;
    throw UsageError.ofCall("bad-selection", message, pipeline === args[0] ? "name one pipeline" : hint);
  }
  if (pipeline === args[0] || existsSync(resolve(cwd, pipeline))) return { pipeline, steps };
  const [first] = steps;
  const there = ["", "pipelines"].flatMap(folder => pipelinesIn(cwd, folder));
  const known =
    there.length === 0
      ? "`vistas init` writes one"
      : `there ${there.length === 1 ? "is" : "are"} ${alternatives(there, "and")}`;
  if (first === undefined) {
    const message = `no pipeline is named, and there is no ${code(pipeline)}, which is the default`;
    throw UsageError.ofCall("no-such-file", message, known);
  }
  const near = there.find(file => first === basename(file) || basename(file).startsWith(`${first}.`));
  const hint =
    near === undefined ? `write the pipeline before the step; ${known}` : `did you mean ${code(near)}?`;
  const path = first.includes("/") || existsSync(resolve(cwd, first)) || extname(first) !== "";
  const what = path ? "is no pipeline: the name of one ends in .yaml or .yml" : "is a step, if anything";
  const message = `${code(first)} ${what}; no pipeline is named, and there is no ${code(pipeline)}`;
  throw UsageError.ofCall("no-such-file", message, hint);
}

/** For suggestions only: in a folder that cannot be read there is none to suggest. */
function pipelinesIn(cwd: string, folder: string): string[] {
  try {
    return readdirSync(resolve(cwd, folder))
      .filter(name => isPipeline(name) && !name.includes(".params."))
      .map(name => join(folder, name));
  } catch {
    return [];
  }
}

export function isPipeline(word: string): boolean {
  return /\.ya?ml$/i.test(word);
}

/** The store: `--root`, `VISTAS_ROOT`, or `artifacts/` in the project. */
export function openStore(session: Session, pipeline: string): Store {
  const project = projectOf(resolve(session.cwd, pipeline));
  const root = session.root === undefined ? join(project, "artifacts") : resolve(session.cwd, session.root);
  refuseFile(root);
  const cache = new UserCache(userCacheFolder(session.env, session.cwd));
  const store = new Store(root, session.tools.clock, systemDisk, cache);
  store.check();
  return store;
}

/** A store is a folder; so is all that it lies in. */
function refuseFile(root: string): void {
  for (let path = root; ; path = dirname(path)) {
    if (!existsSync(path) && dirname(path) !== path) continue;
    if (!existsSync(path) || statSync(path).isDirectory()) return;
    const message = `the store cannot be ${code(root)}: ${path === root ? "it" : code(path)} is a file`;
    throw UsageError.ofCall("bad-root", message, "name a folder: --root DIR");
  }
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

/** A session whose colours are those of its results. */
export function onStdout(session: Session): Session {
  return { ...session, color: session.stdoutColor };
}

/** Writes a result: to stdout, always ending in a line end. */
export function print(session: Session, text: string): void {
  session.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function printJson(session: Session, value: unknown): void {
  print(session, jsonText(value, 2));
}
