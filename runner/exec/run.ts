import { join, relative } from "node:path";

import type { RunEvent } from "../core/event.js";
import type { Fingerprint, Outcome, RunRecord, RunStep, StepRecord } from "../core/record.js";
import type { Graph, GraphNode } from "../graph/types.js";
import { attempt, logTail, type Attempted } from "./attempt.js";
import { describeEnvironment } from "./environment.js";
import { History } from "./history.js";
import type { Host } from "./host.js";
import { Keyer } from "./keyer.js";
import { Leases, type Lease } from "./leases.js";
import { findResult } from "./lookup.js";
import { schedule, type Performed, type Settled } from "./scheduler.js";
import { claimWorkFolder, type WorkFolder } from "./work-folder.js";

export interface RunOptions {
  readonly jobs?: number;
  readonly keepGoing?: boolean;
  /** Instances to run even if their result is known. */
  readonly forced?: (node: GraphNode) => boolean;
  readonly sink?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

/** Brings nodes up to date, given in an order in which inputs come before their users; records the run. */
export async function run(
  host: Host,
  graph: Graph,
  nodes: readonly GraphNode[],
  options: RunOptions = {},
): Promise<RunRecord> {
  host.store.prepare();
  const current = new CurrentRun(host, graph, nodes, options);
  const record = await current.execute();
  host.store.stats.save();
  return record;
}

class CurrentRun {
  readonly #started: Date;
  readonly #t0: number;
  readonly #id: string;
  readonly #keyer: Keyer;
  readonly #history: History;
  readonly #results = new Map<string, StepRecord>();
  readonly #steps = new Map<string, RunStep>();
  readonly #pending = new Map<string, { print: Fingerprint; key: string; reason: string }>();
  readonly #forced = new Set<string>();
  readonly #signal: AbortSignal;
  #folder: Promise<WorkFolder> | undefined;
  #attempts = 0;

  constructor(
    private readonly host: Host,
    private readonly graph: Graph,
    private readonly nodes: readonly GraphNode[],
    private readonly options: RunOptions,
  ) {
    this.#started = host.clock.now();
    this.#t0 = host.clock.seconds();
    this.#id = runId(this.#started, host.clock.token(2));
    this.#keyer = new Keyer(host, graph);
    this.#history = new History(host.store);
    this.#signal = options.signal ?? new AbortController().signal;
    for (const node of nodes) if (options.forced?.(node) === true) this.#forced.add(node.id);
  }

  async execute(): Promise<RunRecord> {
    const { host, nodes, options } = this;
    this.#emit({
      type: "run-start",
      time: this.#now(),
      run: this.#id,
      pipeline: this.graph.name,
      total: nodes.length,
    });
    const leases = new Leases(host.capacity, options.jobs ?? host.capacity.cpus);
    try {
      await schedule(
        nodes,
        leases,
        {
          settle: node => this.#settle(node),
          perform: (node, lease) => this.#perform(node, lease),
          abandon: (node, outcome, reason) => this.#end(node, { outcome, reason }),
          unsettled: (node, error) =>
            this.#end(node, {
              outcome: "failed",
              reason: "its inputs could not be read",
              error: messageOf(error),
            }),
        },
        { keepGoing: options.keepGoing ?? false, signal: this.#signal },
      );
    } finally {
      (await this.#folder)?.release();
    }
    const record = this.#record();
    host.store.runs.put(record);
    const { outcome, counts, seconds } = record;
    this.#emit({ type: "run-end", time: this.#now(), run: this.#id, outcome, ...counts, seconds });
    return record;
  }

  /** Makes the key of a node whose inputs are known, and looks for its result. */
  async #settle(node: GraphNode): Promise<Settled> {
    const { print, key } = await this.#keyer.fingerprint(node, this.#outputsOf);
    if (!this.#forced.has(node.id)) {
      const record = await findResult(this.host.store, key, message => this.#notice(message));
      if (record !== undefined) {
        this.#results.set(node.id, record);
        const made = this.#pending.has(node.id) ? "made by another step of this run" : "unchanged";
        this.#end(node, { outcome: "cached", reason: made, key });
        return { done: true };
      }
    }
    const reason = this.#forced.has(node.id) ? "forced" : this.#history.explain(node, print).text;
    this.#pending.set(node.id, { print, key, reason });
    return { done: false, key };
  }

  /** Runs a node, again if it may be retried, and records its result. */
  async #perform(node: GraphNode, lease: Lease): Promise<Performed> {
    const begun = this.host.clock.seconds();
    const log = this.host.store.logFile(this.#id, node.id);
    const known = this.#pending.get(node.id);
    let { key = null, reason = "" } = known ?? {};
    try {
      for (let turn = 1; ; turn++) {
        // Minutes may have passed since the key was made: a file that changed meanwhile gets a key of its own.
        const fresh = await this.#keyer.fingerprint(node, this.#outputsOf);
        if (fresh.key !== key) reason = "a file changed since the run began";
        key = fresh.key;
        this.#emit({
          type: "step-start",
          time: this.#now(),
          id: node.id,
          kind: kindOf(node),
          reason,
          attempt: turn,
        });
        const result = await this.#attempt(node, fresh.print, lease, log);
        const seconds = this.host.clock.seconds() - begun;
        if (result.ok) {
          this.#keep(node, fresh, result, seconds);
          this.#end(node, { outcome: "ran", reason, key, seconds, log });
          return "done";
        }
        if (result.cancelled) {
          this.#end(node, { outcome: "cancelled", reason: "the run was stopped", key, seconds, log });
          return "cancelled";
        }
        if (turn > node.retries || this.#signal.aborted) {
          const tail = logTail(log);
          this.#end(node, {
            outcome: "failed",
            reason,
            key,
            seconds,
            log,
            error: tail === "" ? result.error : `${result.error}\n${tail}`,
          });
          return "failed";
        }
        this.#emit({
          type: "step-retry",
          time: this.#now(),
          id: node.id,
          attempt: turn,
          error: result.error,
        });
      }
    } catch (error) {
      this.#end(node, {
        outcome: "failed",
        reason,
        key,
        seconds: this.host.clock.seconds() - begun,
        log,
        error: messageOf(error),
      });
      return "failed";
    }
  }

  async #attempt(node: GraphNode, print: Fingerprint, lease: Lease, log: string): Promise<Attempted> {
    this.#folder ??= claimWorkFolder(this.host, this.#id);
    const { path } = await this.#folder;
    const number = this.#attempts++;
    return attempt({
      host: this.host,
      graph: this.graph,
      node,
      print,
      outputsOf: this.#outputsOf,
      lease,
      folder: join(path, String(number)),
      tag: `${this.#id}/${number}`,
      log,
      signal: this.#signal,
      hooks: {
        progress: (done, total, note) =>
          this.#emit({ type: "step-progress", time: this.#now(), id: node.id, done, total, note }),
        log: line => this.#emit({ type: "step-log", time: this.#now(), id: node.id, line }),
      },
    });
  }

  #keep(
    node: GraphNode,
    { print, key }: { print: Fingerprint; key: string },
    result: Extract<Attempted, { ok: true }>,
    seconds: number,
  ): void {
    const { outputs, outputNames, metrics, curves } = result;
    const record: StepRecord = {
      ...{ format: 1, key, id: node.id, fingerprint: print, outputs, outputNames, metrics, curves, seconds },
      finished: this.#now(),
      environment: describeEnvironment(this.host),
    };
    this.host.store.records.put(record);
    this.#results.set(node.id, record);
    this.#forced.delete(node.id);
  }

  #end(
    node: GraphNode,
    end: {
      outcome: Outcome;
      reason: string;
      key?: string | null;
      seconds?: number;
      error?: string;
      log?: string;
    },
  ): void {
    const { outcome, reason, key = null, seconds = 0, error, log } = end;
    const metrics = this.#results.get(node.id)?.metrics ?? {};
    const optional = error === undefined ? {} : { error };
    const kind = kindOf(node);
    const inputs = Object.fromEntries(node.inputs.map(input => [input.role, origins(input.source)]));
    this.#steps.set(node.id, {
      id: node.id,
      step: node.step,
      labels: node.labels,
      kind,
      outcome,
      key,
      seconds,
      reason,
      inputs,
      ...optional,
    });
    this.#emit({
      ...{ type: "step-end", time: this.#now(), id: node.id, kind, outcome, key, metrics, seconds, reason },
      ...optional,
      ...(log === undefined ? {} : { log }),
    });
  }

  #record(): RunRecord {
    const counts = { ran: 0, cached: 0, failed: 0, skipped: 0, cancelled: 0 };
    const steps = this.nodes.flatMap(node => this.#steps.get(node.id) ?? []);
    for (const step of steps) counts[step.outcome]++;
    const interrupted = this.#signal.aborted && counts.cancelled > 0;
    return {
      format: 1,
      id: this.#id,
      pipeline: this.graph.name,
      file: relative(this.graph.project, this.graph.file),
      started: this.#started.toISOString(),
      finished: this.#now(),
      seconds: this.host.clock.seconds() - this.#t0,
      outcome: interrupted ? "interrupted" : counts.failed > 0 ? "failed" : "done",
      params: this.graph.params,
      environment: describeEnvironment(this.host),
      steps,
      counts,
    };
  }

  readonly #outputsOf = (id: string): StepRecord["outputs"] | undefined => this.#results.get(id)?.outputs;

  #notice(message: string): void {
    this.#emit({ type: "notice", time: this.#now(), message });
  }

  #emit(event: RunEvent): void {
    this.options.sink?.(event);
  }

  #now(): string {
    return this.host.clock.now().toISOString();
  }
}

/** `20261123-061019-3f9a`: sorts by time, and two runs of one second differ. */
function runId(started: Date, token: string): string {
  const [date = "", time = ""] = started.toISOString().split(/[T.]/);
  return `${date.replaceAll("-", "")}-${time.replaceAll(":", "")}-${token}`;
}

function kindOf(node: GraphNode): string {
  return node.work.type === "kind" ? node.work.kind : "run";
}

function origins(source: GraphNode["inputs"][number]["source"]): string[] {
  if (source.type === "file") return [source.path];
  return source.type === "artifact" ? [source.node] : source.entries.map(entry => entry.node);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
