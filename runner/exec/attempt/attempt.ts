import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { differenceText } from "../../cache/difference-text.js";
import { fingerprintKey } from "../../cache/fingerprint.js";
import { differences } from "../../cache/differences.js";
import { UserFacingError } from "../../core/diagnostic.js";
import { metricsFormat } from "../../core/metrics/metrics-file.js";
import { maskOf, type Mask } from "../../core/secrets/mask.js";
import type { ArtifactRef, Curve, Fingerprint } from "../../core/record.js";
import { ignoredBelow } from "../../pipeline/files/ignored.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import { Digester } from "../../store/objects/digest.js";
import { systemDisk } from "../../store/disk.js";
import { faultText } from "../../store/fault.js";
import { removeScratch } from "../../store/scratch.js";
import { StatCache } from "../../store/memory/stat-cache.js";
import { misplacedOutputAdvice, missingInputAdvice } from "./advice.js";
import type { Host } from "../host.js";
import type { Job, JobHooks, JobResult } from "../process/job.js";
import {
  commandText,
  dropKept,
  keepWork,
  keptName,
  renameIfAny,
  type KeepWork,
  type KeptWork,
} from "./kept-work.js";
import { isStaged, type ResultOf } from "../keys/node-inputs.js";
import type { Lease } from "../leases.js";
import { checkOutputs, metricsFrom, NO_METRICS, takeOutputs } from "./outputs.js";
import { Parts, type PartSharing } from "./parts.js";
import { settleLog } from "../process/settle-log.js";
import { watchStep, type WatchHooks } from "../process/watch.js";
import { stayText } from "./stale-runs.js";
import { refuseSecrets, removeSecrets, secretsOf } from "./secrets.js";
import { copied, stage, type Stage } from "./staging.js";
import type { Access } from "../sandbox/strace.js";
import { undeclaredText } from "../sandbox/undeclared.js";
import { startedIn, surroundings } from "./start.js";

export interface AttemptInput {
  readonly host: Host;
  readonly graph: Graph;
  readonly node: GraphNode;
  readonly print: Fingerprint;
  /** The node's fingerprint as of the moment of the call. */
  readonly fingerprintNow: () => Promise<Fingerprint>;
  readonly resultOf: ResultOf;
  readonly lease: Lease;
  /** A folder of this attempt's own, which does not exist yet. */
  readonly folder: string;
  /** Whether the folder stays when the attempt is over. */
  readonly keep: KeepWork;
  /** Told what it does beyond what it declares, for which it is watched. */
  readonly trace?: ((found: readonly Access[]) => void) | undefined;
  readonly tag: string;
  readonly log: string;
  readonly hooks: WatchHooks & Pick<JobHooks, "notice">;
  /** Every line of its log is told while it runs. */
  readonly streamed: boolean;
  readonly sharing: PartSharing;
  readonly signal: AbortSignal;
}

export type Attempted =
  | {
      readonly ok: true;
      readonly outputs: Readonly<Record<string, ArtifactRef>>;
      readonly outputNames: Readonly<Record<string, string>>;
      readonly metrics: Readonly<Record<string, number>>;
      readonly curves: Readonly<Record<string, Curve>>;
      /** Why the output `metrics` gave none. */
      readonly metricsFault?: string;
    }
  | {
      readonly ok: false;
      readonly error: string;
      readonly cancelled: boolean;
      /** Its folder, if that stays. */
      readonly kept?: KeptWork;
    };

/**
 * Runs a step once: lays out its folder, runs it, checks that its inputs are still what the key says, and takes
 * its outputs into the store. Leaves behind those, the log and, where it failed, its folder. Rejects only on faults of the
 * store.
 */
export async function attempt(input: AttemptInput): Promise<Attempted> {
  const traces: Traces = { mask: maskOf([]) };
  let result: Attempted | undefined;
  let kept: KeptWork | undefined;
  try {
    result = await perform(input, traces);
  } finally {
    kept = await leave(input, traces, result);
  }
  return result.ok || kept === undefined ? result : { ...result, kept };
}

/** What is known of an attempt by the time it ends. */
interface Traces {
  mask: Mask;
  /** What was started. */
  job?: Job;
}

async function perform(input: AttemptInput, traces: Traces): Promise<Attempted> {
  const { host, graph, node, print, resultOf, folder, lease, signal } = input;
  try {
    const secrets = secretsOf(node, host, graph);
    const mask = (traces.mask = maskOf(Object.values(secrets)));
    const before = await inPlace(host, graph, node);
    const staged = await stage(host, graph, node, resultOf, folder, lease, signal);
    const torn = await tornCopy(host, staged.copies, print, signal);
    if (torn !== undefined) return failure(torn);
    const { notice } = input.hooks;
    const programs = print.programs;
    const around = await surroundings(
      { ...input, trace: input.trace !== undefined, notice, programs },
      staged,
      secrets,
    );
    const job: Job = {
      id: node.id,
      tag: input.tag,
      program: startedIn(around, staged.program),
      env: around.env,
      secrets: Object.values(secrets),
      cwd: staged.cwd,
      home: staged.home,
      log: input.log,
      ...(node.timeoutMs === undefined ? {} : { timeoutMs: node.timeoutMs }),
    };
    traces.job = job;
    const result = await watched(input, staged, mask, () =>
      withParts(input, mask, hooks => host.executor.run(job, hooks, signal)),
    );
    const place = { graph, node, cwd: staged.cwd, log: input.log, kept: input.keep !== "never" };
    if (around.undeclared !== undefined) {
      const found = around.undeclared().map(one => ({ ...one, what: mask.text(one.what) }));
      input.trace?.(found);
      if (node.sandbox === true && result.ok && found.length > 0) {
        const text = undeclaredText(node.step, found, graph.project);
        return failure(`${node.step} ${text}\nnothing was recorded`);
      }
    }
    if (!result.ok) {
      await around.end();
      const advice = result.cancelled ? "" : missingInputAdvice(result.error, place);
      return advice === "" ? result : failure(`${result.error}\n${mask.text(advice)}`);
    }
    const changed = await changedInput(input, before);
    if (changed !== undefined) return failure(changed);
    await checkOutputs(staged.outputs, staged.home, (name, path) => misplacedOutputAdvice(name, path, place));
    if (node.secrets !== undefined)
      for (const [name, path] of Object.entries(staged.outputs))
        await refuseSecrets(`the output ${name}`, path, mask);
    const read = node.work.type === "command" ? await metricsFrom(staged.outputs) : NO_METRICS;
    const metrics = { ...result.metrics, ...read.metrics };
    const curves = { ...result.curves, ...read.curves };
    for (const remark of [...(read.fault === undefined ? [] : [read.fault]), ...read.remarks])
      input.hooks.notice(mask.text(remark));
    const late = lateSignal(signal);
    const key = fingerprintKey(print);
    const temporary = new Map(node.temporary?.map(name => [name, `${key}/${name}`]));
    const outputs = await takeOutputs(host.store, staged.outputs, temporary, late.signal).finally(late.end);
    const home = join(folder, "outputs");
    const outputNames = Object.fromEntries(
      Object.entries(staged.outputs).map(([name, path]) => [name, relative(home, path)]),
    );
    // What was taken was moved.
    if (input.keep === "always")
      for (const [name, ref] of Object.entries(outputs))
        await copied(host.store.objects.path(ref), staged.outputs[name] ?? "");
    const fault = read.fault === undefined ? {} : { metricsFault: mask.text(read.fault) };
    return { ok: true, outputs, outputNames, metrics, curves, ...fault };
  } catch (error) {
    if (signal.aborted && error === signal.reason) return { ok: false, error: "cancelled", cancelled: true };
    if (error instanceof UserFacingError) return failure(traces.mask.text(error.message));
    throw error;
  }
}

/** Keeps the attempt's folder or removes it; of an instance that has a result, what an earlier attempt left goes as well. */
async function leave(
  { host: { store, env }, graph, node, keep, folder, hooks }: AttemptInput,
  { mask, job }: Traces,
  result: Attempted | undefined,
): Promise<KeptWork | undefined> {
  const done = result?.ok === true;
  const name = keptName(store, graph, node);
  if (keep === "always" || (keep === "failed" && !done)) {
    const keeping = async (): Promise<string | undefined> => {
      if (node.secrets === undefined) return keepWork(store, folder, name);
      // A store may be shared: a secret that the program has written does not stay in it.
      const removed = existsSync(folder) ? await removeSecrets(folder, mask) : [];
      if (removed.length > 0)
        hooks.notice(
          `removed from its work folder, because they hold a secret: ${removed.slice(0, 5).join(", ")}`,
        );
      return keepWork(store, folder, name, true);
    };
    const kept = await keeping().catch((error: unknown) => {
      hooks.notice(mask.text(`its work folder stays in ${folder}: ${faultText(error) ?? String(error)}`));
      return undefined;
    });
    if (kept === undefined) return undefined;
    if (job?.program.type !== "command") return { folder: kept };
    const around = { own: env, secrets: node.secrets ?? [], from: folder, to: kept };
    const command = commandText(job.program.argv, job.env, around);
    return { folder: kept, command: mask.text(command) };
  }
  const stays = await removeScratch(folder);
  if (stays !== undefined) {
    // Under this name nothing of it is taken for what a failed attempt left.
    const unnamed = folder.replace(/\.[\w-]+$/, "");
    await renameIfAny(folder, unnamed);
    hooks.notice(mask.text(stayText(unnamed, stays)));
  }
  if (done) await dropKept(store, name);
  return undefined;
}

/**
 * Aborted for the same reason as `signal`, but a moment later: what is finished is not thrown away for the sake of that
 * moment, nor is a run kept from ending by outputs that take minutes to read.
 */
function lateSignal(signal: AbortSignal): { readonly signal: AbortSignal; readonly end: () => void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => late.abort(signal.reason), MOMENT_MS);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin);
  const end = (): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", begin);
  };
  return { signal: late.signal, end };
}

const MOMENT_MS = 1000;

/** Tells what the step says and measures while it runs; then its log is settled. */
async function watched(
  { node, log, hooks, streamed }: AttemptInput,
  { outputs: { metrics } }: Stage,
  mask: Mask,
  act: () => Promise<JobResult>,
): Promise<JobResult> {
  const live = node.work.type === "command" && metrics !== undefined && metricsFormat(metrics) === "jsonl";
  const end = watchStep(
    { log, streamed, ...(live ? { metrics } : {}) },
    {
      progress: (done, total, note) => hooks.progress(done, total, mask.text(note)),
      log: line => hooks.log(mask.text(line)),
      metrics: (values, step) => {
        const named = Object.entries(values).map(([name, value]) => [mask.text(name), value]);
        hooks.metrics(Object.fromEntries(named) as Record<string, number>, step);
      },
    },
  );
  try {
    return await act();
  } finally {
    end();
    await settleLog(log);
  }
}

async function withParts(
  { host, node, print, folder, hooks: given, sharing, streamed }: AttemptInput,
  mask: Mask,
  act: (hooks: JobHooks) => Promise<JobResult>,
): Promise<JobResult> {
  // A line that a kind logs is in its log, from where it is told.
  const hooks = streamed ? { ...given, log: () => undefined } : given;
  const parts = new Parts({ host, node, print, folder, hooks, sharing, mask });
  const { findPart, claimPart, keepPart } = parts;
  try {
    return await act({ ...hooks, findPart, claimPart, keepPart });
  } finally {
    parts.end();
  }
}

function failure(error: string): Attempted {
  return { ok: false, error, cancelled: false };
}

/** When each file that the step reads in place was last touched, by role. */
async function inPlace({ store }: Host, graph: Graph, node: GraphNode): Promise<Map<string, bigint>> {
  const times = new Map<string, bigint>();
  for (const { role, source } of node.inputs) {
    if (source.type !== "file" || isStaged(source, node)) continue;
    const ignored = ignoredBelow(graph.ignored, source);
    times.set(role, (await store.digester.content(source.absolute, ignored)).latest);
  }
  return times;
}

/** A file may change between its hashing and its copying: what the program will see must be what the key says. */
async function tornCopy(
  host: Host,
  copies: readonly { role: string; path: string }[],
  print: Fingerprint,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Copies live as long as the step: the stat cache need not know them.
  const digester = new Digester(new StatCache("", host.clock), systemDisk, signal);
  for (const { role, path } of copies) {
    const { digest, type } = await digester.content(path);
    const expected = print.inputs.find(input => input.role === role);
    if (digest !== expected?.digest || type !== expected.type)
      return changedText(`the input ${role} changed`);
  }
  return undefined;
}

/** What of all that the key says is no longer so, or may not have been so all along. */
async function changedInput(
  { host, graph, node, print, fingerprintNow, resultOf }: AttemptInput,
  before: ReadonlyMap<string, bigint>,
): Promise<string | undefined> {
  const [difference] = differences(print, await fingerprintNow());
  if (difference !== undefined) return changedText(differenceText(difference));
  // A copy was proven to be right; a file read in place may have been changed and changed back.
  for (const [role, time] of await inPlace(host, graph, node))
    if (time > (before.get(role) ?? 0n)) return changedText(`the input ${role} changed`);
  for (const { role, source } of node.inputs) {
    if (source.type === "file") continue;
    for (const { node: from, output } of source.type === "artifact" ? [source] : source.entries) {
      const ref = resultOf(from)?.outputs[output];
      if (ref === undefined || (await host.store.objects.check(ref)) === "whole") continue;
      // Not healed: other steps may have read it as it is now, and are to find that out as well.
      await host.store.objects.drop(ref);
      return `the step, or another at the same time, wrote into its input ${role} (${from}.${output}), which belongs to the store; nothing was recorded, and the artifact will be made again`;
    }
  }
  return undefined;
}

function changedText(what: string): string {
  return `${what} while the step ran, so its result belongs to neither version; nothing was recorded`;
}
