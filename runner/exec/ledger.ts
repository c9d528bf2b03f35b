import { relative } from "node:path";
import type { EventSink, RunEvent } from "../core/event.js";
import type { LeftOut, Outcome, Revision, RunRecord, RunStep, StepRecord } from "../core/record.js";
import type { Graph, GraphNode, SkippedNode } from "../pipeline/graph/graph.js";
import { writtenPath } from "../pipeline/files/file-source.js";
import { projectIdentity } from "../store/project.js";
import { resultId } from "../store/records/result-id.js";
import { describeEnvironment } from "./attempt/environment.js";
import type { Host } from "./host.js";
import type { Maker } from "./sharing.js";

/** How a step instance ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly key?: string | null;
  readonly seconds?: number;
  readonly error?: string;
  readonly log?: string;
  /** Of an attempt that failed: the folder that it left, and the command that ran there. */
  readonly work?: string;
  readonly command?: string;
}

type Untimed<E> = E extends RunEvent ? Omit<E, "time"> : never;

/** The bookkeeping of one run: what ended how, told as it happens and recorded at the end. Decides nothing. */
export class Ledger {
  readonly id: string;
  readonly #started: Date;
  readonly #t0: number;
  readonly #results = new Map<string, StepRecord>();
  readonly #steps = new Map<string, RunStep>();

  constructor(
    private readonly host: Host,
    private graph: Graph,
    private nodes: readonly GraphNode[],
    private skipped: readonly SkippedNode[],
    private readonly sink: EventSink,
  ) {
    this.#started = host.clock.now();
    this.#t0 = host.clock.seconds();
    this.id = runId(this.#started, host.clock.token(2));
  }

  emit(event: Untimed<RunEvent>): void {
    this.sink({ ...event, time: this.now() });
  }

  now(): string {
    return this.host.clock.now().toISOString();
  }

  start(): void {
    const total = this.nodes.length + this.skipped.length;
    this.emit({ type: "run-start", run: this.id, pipeline: this.graph.name, total });
    this.#endSkipped();
  }

  #endSkipped(): void {
    for (const { id, step, labels, kind, inputs, reason } of this.skipped) {
      if (this.#steps.has(id)) continue;
      const ended = { id, kind, outcome: "skipped", key: null, seconds: 0, reason } as const;
      this.#steps.set(id, { ...ended, step, labels, inputs, byCondition: true });
      this.emit({ ...ended, type: "step-end", metrics: {} });
    }
  }

  /** Another graph of the same pipeline, in which more instances are known. */
  grow(graph: Graph, nodes: readonly GraphNode[], skipped: readonly SkippedNode[]): void {
    this.graph = graph;
    this.nodes = nodes;
    this.skipped = skipped;
    const instances: Record<string, number> = {};
    for (const { step } of [...nodes, ...skipped]) instances[step] = (instances[step] ?? 0) + 1;
    this.emit({ type: "run-grow", total: nodes.length + skipped.length, instances });
    this.#endSkipped();
  }

  /** The result that a node now stands for. */
  know(node: GraphNode, record: StepRecord): void {
    this.#results.set(node.id, record);
  }

  readonly resultOf = (id: string): StepRecord | undefined => this.#results.get(id);

  waits(node: GraphNode, { run, host, pid }: Maker): void {
    const note = `waits for run ${run} on ${host} (pid ${pid}), which is making it`;
    const waitsFor = { run, host, pid };
    this.emit({ type: "step-progress", id: node.id, done: 0, total: 0, note, waitsFor });
  }

  end(node: GraphNode, { outcome, reason, key = null, seconds = 0, ...rest }: Ending): void {
    const kind = kindOf(node);
    const inputs: Record<string, readonly string[]> = {};
    for (const { role, source } of node.inputs) inputs[role] = origins(source);
    for (const list of node.lists ?? []) inputs[`matrix.${list.axis}`] = [list.node];
    const { error, log, work, command } = rest;
    const failure = {
      ...(error === undefined ? {} : { error }),
      ...(work === undefined ? {} : { work }),
      ...(command === undefined ? {} : { command }),
    };
    const record = this.#results.get(node.id);
    const result = record === undefined ? {} : { result: resultId(record) };
    const step = {
      id: node.id,
      step: node.step,
      labels: node.labels,
      kind,
      outcome,
      key,
      ...result,
      seconds,
      reason,
      inputs,
    };
    this.#steps.set(node.id, { ...step, ...failure });
    const metrics = record?.metrics ?? {};
    const logged = log === undefined ? {} : { log };
    this.emit({
      type: "step-end",
      id: node.id,
      kind,
      outcome,
      key,
      metrics,
      seconds,
      reason,
      ...failure,
      ...logged,
    });
  }

  /** Tells the end of the run and gives its record. */
  close(stopped: boolean, revision: Revision | undefined): RunRecord {
    const counts = { ran: 0, cached: 0, failed: 0, skipped: 0, cancelled: 0 };
    const steps = [...this.nodes, ...this.skipped].flatMap(({ id }) => this.#steps.get(id) ?? []);
    for (const step of steps) counts[step.outcome]++;
    const undone = counts.failed + counts.skipped > this.skipped.length;
    const outcome = stopped && counts.cancelled > 0 ? "interrupted" : undone ? "failed" : "done";
    const seconds = this.host.clock.seconds() - this.#t0;
    const record: RunRecord = {
      format: 1,
      id: this.id,
      pipeline: this.graph.name,
      project: projectIdentity(this.host.store.root, this.graph.project),
      file: relative(this.graph.project, this.graph.file),
      ...leftOut(this.graph, this.nodes),
      started: this.#started.toISOString(),
      finished: this.now(),
      seconds,
      outcome,
      ...(revision && { revision }),
      params: this.graph.params,
      environment: describeEnvironment(this.host),
      steps,
      counts,
    };
    this.host.store.runs.put(record);
    this.emit({ type: "run-end", run: this.id, outcome, ...counts, seconds });
    return record;
  }
}

/** `20261123-061019-0c53f9a`: sorts by time to the millisecond, and two runs of one millisecond differ. */
function runId(started: Date, token: string): string {
  const [date = "", time = ""] = started.toISOString().split(/[T.]/);
  const milliseconds = started.getUTCMilliseconds().toString(16).padStart(3, "0");
  return `${date.replaceAll("-", "")}-${time.replaceAll(":", "")}-${milliseconds}${token}`;
}

function leftOut(graph: Graph, nodes: readonly GraphNode[]): { leftOut?: LeftOut } {
  if (nodes.length === graph.nodes.length) return {};
  const selected = new Set(nodes.map(({ id }) => id));
  const steps = new Set(nodes.map(({ step }) => step));
  const others = graph.nodes.filter(({ id }) => !selected.has(id));
  const counts = new Map<string, number>();
  const instances = graph.nodes.flatMap(({ id, step, labels }) => {
    const index = counts.get(step) ?? 0;
    counts.set(step, index + 1);
    return steps.has(step) && !selected.has(id) ? [{ id, step, labels, index }] : [];
  });
  const absent = new Set(others.map(({ step }) => step).filter(step => !steps.has(step)));
  return { leftOut: { steps: [...absent], instances } };
}

export function kindOf({ work }: GraphNode): string {
  return work.type === "kind" ? work.kind : "run";
}

function origins(source: GraphNode["inputs"][number]["source"]): string[] {
  if (source.type === "file") return [writtenPath(source)];
  return source.type === "artifact" ? [source.node] : source.entries.map(entry => entry.node);
}
