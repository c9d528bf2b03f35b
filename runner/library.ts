import { relative, resolve } from "node:path";
import process from "node:process";
import { composeTools } from "./compose.js";
import { UsageError, type Diagnostic } from "./core/diagnostic.js";
import type { EventSink } from "./core/event.js";
import { notJson, type JsonObject } from "./core/json.js";
import type { ArtifactRef, RunRecord, RunStep, StepRecord } from "./core/record.js";
import { plan as planNodes } from "./exec/plan.js";
import { run as runNodes } from "./exec/run.js";
import { code } from "./pipeline/mistakes/wording.js";
import type { Store } from "./store/store.js";
import type { GraphNode } from "./pipeline/graph/graph.js";
import { checkBeforePlan, checkBeforeRun } from "./workflow/checks.js";
import { forcedOf, openPipeline, type OpenPipeline } from "./workflow/open-pipeline.js";
import { withKnownLists } from "./workflow/known-lists.js";
import { runResults } from "./workflow/run-results.js";

export interface PipelineOptions {
  /** Folder that paths are relative to. Default: the working folder of the process. */
  readonly cwd?: string;
  /** The store. Default: `artifacts/` in the pipeline's project. */
  readonly root?: string;
  /** Steps as on the command line (`probe`, `views+`, `encoder[seed=0]`). Default: all. */
  readonly steps?: readonly string[];
  /** Params by dotted name: `{ sigma: 0.5, "optimiser.lr": 0.01 }`. Values are what JSON can hold. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Environment from which steps get the variables that they declare. Default: that of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** `auto` (the default), `tensorflow`, `onnx`, `webgpu`, `wasm` or `cpu`. */
  readonly backend?: string;
}

export interface RunOptions {
  /** Steps at once. Default: one a core. */
  readonly jobs?: number;
  /** After a failure, go on with what does not depend on it. */
  readonly keepGoing?: boolean;
  /** Steps to run even if their result is known; `true`: all that are selected. */
  readonly force?: boolean | readonly string[];
  /** Gets everything that happens, in order. */
  readonly onEvent?: EventSink;
  /** Aborted: steps under way are stopped, and the run ends with the outcome `interrupted`. */
  readonly signal?: AbortSignal;
}

/** What `run` would do with a step instance. */
export interface PlanEntry {
  readonly id: string;
  /** `pending`: its inputs are not known before other steps have run. `skipped`: a `when:` leaves it out, or it has nothing to do. */
  readonly status: "cached" | "run" | "pending" | "skipped";
  readonly key: string | null;
  readonly reason: string;
}

/** An artifact that a step wrote. */
export interface OutputFile extends ArtifactRef {
  /** Absolute, read-only; of a tree, a folder. Null where the bytes are no longer in the store. */
  readonly path: string | null;
}

/** The result of a step instance. */
export interface StepResult extends Pick<RunStep, "id" | "step" | "labels" | "key" | "seconds"> {
  readonly metrics: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, OutputFile>>;
}

/** What a run did with a step instance: `outcome`, `reason`, and `error` of one that failed. */
export type RunStepResult = RunStep & StepResult;

export interface RunResult extends Pick<
  RunRecord,
  "id" | "pipeline" | "started" | "finished" | "seconds" | "outcome" | "params" | "counts"
> {
  readonly steps: readonly RunStepResult[];
}

/** A pipeline that was read, checked and expanded. `plan`, `run` and `results` take it. */
export class Pipeline {
  readonly name: string;
  readonly params: JsonObject;
  /** Ids of the selected instances and their ancestors, inputs first. */
  readonly instances: readonly string[];
  /** What is worth a look, such as params that nothing reads. */
  readonly warnings: readonly Diagnostic[];
  /** @internal */
  readonly opened: OpenPipeline;

  /** @internal */
  constructor(opened: OpenPipeline, warnings: readonly Diagnostic[]) {
    this.opened = opened;
    this.warnings = warnings;
    this.name = opened.graph.name;
    this.params = opened.graph.params;
    this.instances = opened.nodes.map(node => node.id);
  }
}

/** Reads a pipeline file. Throws a `UsageError` with every mistake in it. */
export async function loadPipeline(file: string, options: PipelineOptions = {}): Promise<Pipeline> {
  const { params = {}, steps = [], backend, root } = options;
  const fault = notJson(params);
  if (fault !== undefined)
    throw UsageError.ofCall(
      "bad-set",
      `the param ${code(fault.join("."))} has a value that JSON cannot hold`,
      "give texts, finite numbers, true, false, null, lists and plain objects",
    );
  const cwd = resolve(options.cwd ?? "");
  const opened = await openPipeline(
    { tools: composeTools(), cwd, env: options.env ?? process.env, root },
    relative(cwd, resolve(cwd, file)),
    { values: params as JsonObject, steps, ...(backend === undefined ? {} : { backend }) },
  );
  return new Pipeline(opened, await opened.warnings());
}

/** What `run` would do with each instance, and why. Runs nothing. Throws a `UsageError` for what the machine lacks. */
export async function plan(pipeline: Pipeline): Promise<readonly PlanEntry[]> {
  const opened = await withKnownLists(pipeline.opened);
  await checkBeforePlan(opened);
  const planned = await planNodes(opened.host, opened.graph, opened.nodes);
  opened.host.store.stats.save();
  return [
    ...planned.map(({ node, status, key, reason }) => ({ id: node.id, status, key, reason })),
    ...opened.skipped.map(({ id, reason }) => ({ id, status: "skipped" as const, key: null, reason })),
  ];
}

/**
 * Brings the pipeline up to date. A step that fails does not throw: the outcome of the run is then `failed`. Throws a
 * `UsageError` for what the machine lacks, before anything runs.
 */
export async function run({ opened }: Pipeline, options: RunOptions = {}): Promise<RunResult> {
  const { force = false, onEvent, ...rest } = options;
  const forced = (of: OpenPipeline): ((node: GraphNode) => boolean) => {
    if (force === true) return () => true;
    return force === false || force.length === 0 ? () => false : forcedOf(of, force, []);
  };
  await checkBeforeRun(opened);
  const record = await runNodes(opened.host, opened.graph, opened.nodes, {
    ...{ ...rest, forced: forced(opened), skipped: opened.skipped },
    expand: async lists => {
      const grown = await opened.expand(lists);
      return { ...grown, forced: forced(grown) };
    },
    ...(onEvent === undefined ? {} : { sink: onEvent }),
  });
  const steps: RunStepResult[] = [];
  for (const { step, record: result } of runResults(opened.host.store, record))
    steps.push({ ...step, ...(await resultOf(opened.host.store, result)) });
  const { id, pipeline, started, finished, seconds, outcome, params, counts } = record;
  return { id, pipeline, started, finished, seconds, outcome, params, counts, steps };
}

/** The results that are there already, without running anything; instances that have none are left out. */
export async function results(pipeline: Pipeline): Promise<readonly StepResult[]> {
  const opened = await withKnownLists(pipeline.opened);
  const { store } = opened.host;
  const planned = await planNodes(opened.host, opened.graph, opened.nodes);
  store.stats.save();
  const found: StepResult[] = [];
  for (const { node, key, record } of planned) {
    if (record === undefined) continue;
    const { id, step, labels } = node;
    found.push({ id, step, labels, key, seconds: record.seconds, ...(await resultOf(store, record)) });
  }
  return found;
}

async function resultOf(
  store: Store,
  record: StepRecord | null,
): Promise<Pick<StepResult, "metrics" | "outputs">> {
  const outputs: Record<string, OutputFile> = {};
  for (const [name, ref] of Object.entries(record?.outputs ?? {})) {
    const whole = (await store.objects.heal(ref)) === "whole";
    outputs[name] = { ...ref, path: whole ? store.objects.path(ref) : null };
  }
  return { metrics: record?.metrics ?? {}, outputs };
}
