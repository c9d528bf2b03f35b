import { resolve } from "node:path";
import process from "node:process";
import { composeTools } from "./compose.js";
import { loadTarget, type Target } from "./commands/load.js";
import type { Session } from "./commands/session.js";
import type { JsonObject } from "./core/json.js";
import type { EventSink } from "./core/event.js";
import type { RunRecord } from "./core/record.js";
import { plan as planNodes } from "./exec/plan.js";
import { run as runNodes } from "./exec/run.js";

export interface PipelineOptions {
  /** Working folder; default: the process's. */
  readonly cwd?: string;
  /** The store; default: `artifacts/` in the pipeline's project. */
  readonly root?: string;
  /** Steps as on the command line (`probe`, `views+`, `encoder[seed=0]`); default: all. */
  readonly steps?: readonly string[];
  /** Params by dotted name: `{ sigma: 0.5 }`. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly backend?: string;
}

/** A pipeline that was read, validated and expanded. */
export interface Pipeline {
  readonly target: Target;
  readonly name: string;
  /** Ids of the selected instances and their ancestors, inputs first. */
  readonly instances: readonly string[];
}

export interface PlanEntry {
  readonly id: string;
  readonly status: "cached" | "run" | "pending";
  readonly key: string | null;
  readonly reason: string;
}

/** Reads a pipeline file. Throws `UsageError` with every mistake in it. */
export async function loadPipeline(file: string, options: PipelineOptions = {}): Promise<Pipeline> {
  const target = await loadTarget(
    sessionOf(options),
    [resolve(options.cwd ?? "", file), ...(options.steps ?? [])],
    {
      // Through JSON, so that they are what a file could hold.
      values: JSON.parse(JSON.stringify(options.params ?? {})) as JsonObject,
      ...(options.backend === undefined ? {} : { backend: options.backend }),
    },
  );
  return { target, name: target.graph.name, instances: target.nodes.map(node => node.id) };
}

/** What `run` would do with each instance, and why. Runs nothing. */
export async function plan({ target }: Pipeline): Promise<PlanEntry[]> {
  const planned = await planNodes(target.host, target.graph, target.nodes);
  return planned.map(({ node, status, key, reason }) => ({ id: node.id, status, key, reason }));
}

/** Brings the pipeline up to date; failed steps are told in the record, not thrown. */
export function run(
  { target }: Pipeline,
  options: { jobs?: number; keepGoing?: boolean; onEvent?: EventSink; signal?: AbortSignal } = {},
): Promise<RunRecord> {
  const { onEvent, ...rest } = options;
  return runNodes(target.host, target.graph, target.nodes, {
    ...rest,
    ...(onEvent === undefined ? {} : { sink: onEvent }),
  });
}

function sessionOf(options: PipelineOptions): Session {
  return {
    tools: composeTools(),
    cwd: resolve(options.cwd ?? ""),
    env: options.env ?? process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    ...{ isTTY: false, color: false, stdoutColor: false, quiet: true, verbose: false },
    root: options.root,
    signal: new AbortController().signal,
  };
}
