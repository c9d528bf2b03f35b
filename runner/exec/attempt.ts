import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fingerprintKey } from "../cache/fingerprint.js";
import { frame, sha256 } from "../cache/hash.js";
import type { ArtifactRef, Curve, Fingerprint } from "../core/record.js";
import type { Graph, GraphNode } from "../graph/types.js";
import { Digester, type Content } from "../store/digest.js";
import { StatCache } from "../store/stat-cache.js";
import { baseEnvironment } from "./environment.js";
import type { Host } from "./host.js";
import type { Job, JobHooks } from "./job.js";
import type { OutputsOf } from "./keyer.js";
import type { Lease } from "./leases.js";
import { metricsFrom, takeOutputs } from "./outputs.js";
import { TAG } from "./processes.js";
import { stage } from "./staging.js";

export interface AttemptInput {
  readonly host: Host;
  readonly graph: Graph;
  readonly node: GraphNode;
  readonly print: Fingerprint;
  readonly outputsOf: OutputsOf;
  readonly lease: Lease;
  /** A folder of this attempt's own, which does not exist yet. */
  readonly folder: string;
  readonly tag: string;
  readonly log: string;
  readonly hooks: Pick<JobHooks, "progress" | "log">;
  readonly signal: AbortSignal;
}

export type Attempted =
  | {
      readonly ok: true;
      readonly outputs: Readonly<Record<string, ArtifactRef>>;
      readonly outputNames: Readonly<Record<string, string>>;
      readonly metrics: Readonly<Record<string, number>>;
      readonly curves: Readonly<Record<string, Curve>>;
    }
  | { readonly ok: false; readonly error: string; readonly cancelled: boolean };

/**
 * Runs a step once: lays out its folder, runs it, checks that its inputs are still what the key says, and takes
 * its outputs into the store. Leaves nothing behind but those and the log. Rejects only on faults of the store.
 */
export async function attempt(input: AttemptInput): Promise<Attempted> {
  const { host, graph, node, print, outputsOf, folder, lease, signal } = input;
  try {
    const before = await fileInputs(host, node);
    const staged = await stage(host, graph, node, outputsOf, folder, lease);
    const torn = await tornCopy(host, staged.copies, print);
    if (torn !== undefined) return failure(torn);
    const job: Job = {
      id: node.id,
      tag: input.tag,
      program: staged.program,
      env: environment(input, staged.tmp),
      cwd: staged.cwd,
      log: input.log,
      ...(node.timeoutMs === undefined ? {} : { timeoutMs: node.timeoutMs }),
    };
    const result = await host.executor.run(job, { ...input.hooks, ...parts(host, print) }, signal);
    if (!result.ok) return result;
    const changed = await changedInput(host, node, before, outputsOf);
    if (changed !== undefined) return failure(changed);
    const metrics = {
      ...result.metrics,
      ...(node.work.type === "command" ? metricsFrom(staged.outputs) : {}),
    };
    const outputs = await takeOutputs(host.store, staged.outputs);
    const home = join(folder, "outputs");
    const outputNames = Object.fromEntries(
      Object.entries(staged.outputs).map(([name, path]) => [name, relative(home, path)]),
    );
    return { ok: true, outputs, outputNames, metrics, curves: result.curves };
  } catch (error) {
    if (error instanceof Error && EXPECTED.has(error.name)) return failure(error.message);
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Faults of the step or of its files, as against those of vistas. */
const EXPECTED = new Set(["BadOutput", "UnreadableInput"]);

function failure(error: string): Attempted {
  return { ok: false, error, cancelled: false };
}

/** The last lines of a step's log, to be shown when it fails. */
export function logTail(file: string, lines = 20): string {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

function environment({ host, graph, node, lease, tag }: AttemptInput, tmp: string): Record<string, string> {
  const declared = node.env.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    ...baseEnvironment(host.env, tmp),
    ...(node.work.type === "kind" ? { VISTAS_PROJECT: graph.project } : {}),
    ...Object.fromEntries(declared),
    // A step sees the GPUs that it leased and no others, so that two steps never meet on one.
    CUDA_VISIBLE_DEVICES: lease.gpus.join(","),
    [TAG]: tag,
  };
}

async function fileInputs(host: Host, node: GraphNode): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>();
  for (const { role, source } of node.inputs) {
    if (source.type === "file") contents.set(role, await host.store.digester.content(source.absolute));
  }
  return contents;
}

/** A file may change between its hashing and its copying: what the program will see must be what the key says. */
async function tornCopy(
  host: Host,
  copies: readonly { role: string; path: string }[],
  print: Fingerprint,
): Promise<string | undefined> {
  // Copies live as long as the step: the stat cache need not know them.
  const digester = new Digester(new StatCache("", host.clock));
  for (const { role, path } of copies) {
    const { digest } = await digester.content(path);
    const expected = print.inputs.find(input => input.role === role)?.digest;
    if (digest !== expected) return changedText(role, path);
  }
  return undefined;
}

async function changedInput(
  host: Host,
  node: GraphNode,
  before: Map<string, Content>,
  outputsOf: OutputsOf,
): Promise<string | undefined> {
  for (const { role, source } of node.inputs) {
    if (source.type === "file") {
      const [then, now] = [before.get(role), await host.store.digester.content(source.absolute)];
      // A copy was proven to be right; a file read in place may have been changed and changed back.
      const inPlace = node.work.type === "kind" || !source.path.startsWith("./");
      if (then?.digest !== now.digest || then.type !== now.type || (inPlace && then.latest !== now.latest)) {
        return changedText(role, source.path);
      }
      continue;
    }
    for (const { node: from, output } of source.type === "artifact" ? [source] : source.entries) {
      const ref = outputsOf(from)?.[output];
      if (ref === undefined || (await host.store.objects.heal(ref)) === "whole") continue;
      await host.store.objects.drop(ref);
      return `the step wrote into its input ${role} (${from}.${output}), which belongs to the store; nothing was recorded, and the artifact will be made again`;
    }
  }
  return undefined;
}

function changedText(role: string, path: string): string {
  return `the input ${role} (${path}) changed while the step ran, so its result belongs to neither version; nothing was recorded`;
}

/** Parts belong to the kind, its code, engine and inputs; what else they depend on is in the key that the kind gives. */
function parts(host: Host, print: Fingerprint): Pick<JobHooks, "findPart" | "keepPart"> {
  const owner = { ...print, with: {} };
  const keyOf = (key: string): string => sha256(frame("vistas.part.1", [fingerprintKey(owner), key]));
  return {
    async findPart(key) {
      const record = host.store.parts.get(keyOf(key));
      const ref = record?.outputs["part"];
      if (ref === undefined) return undefined;
      if ((await host.store.objects.heal(ref)) === "whole") return host.store.objects.path(ref);
      host.store.parts.drop(keyOf(key));
      return undefined;
    },
    async keepPart(key, path) {
      const ref = await host.store.objects.take(path);
      const finished = host.clock.now().toISOString();
      host.store.parts.put({
        ...{
          format: 1,
          key: keyOf(key),
          id: key,
          fingerprint: owner,
          outputs: { part: ref },
          outputNames: { part: "part" },
        },
        ...{ metrics: {}, curves: {}, seconds: 0, finished, environment: {} },
      });
      return host.store.objects.path(ref);
    },
  };
}
