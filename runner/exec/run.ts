import { join } from "node:path";
import { UsageError, type Diagnostic } from "../core/diagnostic.js";
import type { EventSink } from "../core/event.js";
import type { Fingerprint, RunRecord, StepRecord } from "../core/record.js";
import type { ListContent, Lists } from "../pipeline/graph/lists.js";
import type { Graph, GraphNode, SkippedNode } from "../pipeline/graph/graph.js";
import { absentNotices } from "../pipeline/graph/skipped.js";
import { faultText } from "../store/fault.js";
import type { Store } from "../store/store.js";
import { turnText } from "../store/locks/turns.js";
import { attempt, type Attempted } from "./attempt/attempt.js";
import { effortOf } from "./effort.js";
import { describeEnvironment } from "./attempt/environment.js";
import { keptName, type KeepWork, type KeptWork } from "./attempt/kept-work.js";
import { attemptFolder } from "./attempt/stale-runs.js";
import { History } from "./keys/history.js";
import type { Host } from "./host.js";
import { Keyer } from "./keys/keyer.js";
import { Leases, type Lease } from "./leases.js";
import { kindOf, Ledger } from "./ledger.js";
import { logTail } from "./attempt/log-tail.js";
import { findResult, goneOutputs } from "./keys/lookup.js";
import { sameInputNotices } from "./keys/same-results.js";
import { revisionOf } from "./revision.js";
import { readLists, waitingFor, wantedLists } from "./read-lists.js";
import type { Access } from "./sandbox/strace.js";
import { schedule, type Growth, type Performed, type Settled } from "./scheduler.js";
import { Sharing } from "./sharing.js";
import { goneInputs, goneText, Temporaries } from "./temporaries.js";

export interface RunOptions {
  /** Steps at once; default: one a core. */
  readonly jobs?: number;
  readonly keepGoing?: boolean;
  /** Of which attempts the work folder stays; default: of failed ones. */
  readonly keepWork?: KeepWork;
  /** Told what the program of an instance does beyond what its step declares, for which it is watched. */
  readonly trace?: ((node: GraphNode, found: readonly Access[]) => void) | undefined;
  /** Each line of the steps' logs is an event, as soon as it is there; without it only what kinds log. */
  readonly streamLogs?: boolean;
  /** Instances to run even if their result is known. */
  readonly forced?: (node: GraphNode) => boolean;
  /** Selected instances that are left out: they are recorded so. */
  readonly skipped?: readonly SkippedNode[];
  /** The nodes that there are once these lists are known. Rejects with a `UsageError` for mistakes that only they show. */
  readonly expand?: (lists: Lists) => Promise<Expanded>;
  readonly sink?: EventSink;
  readonly signal?: AbortSignal;
}

export interface Expanded {
  readonly graph: Graph;
  readonly nodes: readonly GraphNode[];
  readonly skipped: readonly SkippedNode[];
  readonly forced: (node: GraphNode) => boolean;
}

/** Brings nodes up to date, given in an order in which inputs come before their users; records the run. */
export async function run(
  host: Host,
  graph: Graph,
  nodes: readonly GraphNode[],
  options: RunOptions = {},
): Promise<RunRecord> {
  host.store.prepare(`vistas ${host.version}`);
  const revision = revisionOf(graph.project, host.env);
  const ledger = new Ledger(host, graph, nodes, options.skipped ?? [], options.sink ?? (() => undefined));
  const signal = options.signal ?? new AbortController().signal;
  const sharing = await begin(host.store, ledger, signal);
  if (sharing === undefined) {
    ledger.start();
    for (const node of nodes) ledger.end(node, { outcome: "cancelled", reason: "the run was stopped" });
    return ledger.close(true, await revision);
  }
  const current = new CurrentRun(
    host,
    graph,
    nodes,
    ledger,
    sharing,
    signal,
    new Set(nodes.filter(options.forced ?? (() => false)).map(node => node.id)),
    options.keepWork ?? "failed",
    options.trace,
    options.expand,
    options.streamLogs ?? false,
  );
  ledger.start();
  const acknowledge = (): void => ledger.emit({ type: "notice", message: stoppingText(current.performing) });
  signal.addEventListener("abort", acknowledge);
  try {
    const leases = new Leases(host.capacity, options.jobs ?? host.capacity.cpus);
    await schedule(nodes, leases, current, { keepGoing: options.keepGoing ?? false, signal });
    await current.settleRest();
    const record = ledger.close(signal.aborted, await revision);
    host.store.stats.save();
    return record;
  } finally {
    signal.removeEventListener("abort", acknowledge);
    await sharing.close();
  }
}

/** Nothing where the run was stopped while it waited for a gc. */
async function begin(store: Store, ledger: Ledger, signal: AbortSignal): Promise<Sharing | undefined> {
  try {
    return await Sharing.begin(store, ledger.id, {
      waits: other => ledger.emit({ type: "notice", message: `waits for ${turnText(other)} to be done` }),
      signal,
    });
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** What a run does with the nodes that the scheduler hands it. */
class CurrentRun {
  readonly #keyer: Keyer;
  readonly #history: History;
  readonly #pending = new Map<string, { key: string; reason: string }>();
  /** By node: the token of the lock that was last waited for. */
  readonly #waited = new Map<string, string>();
  /** By node: why it may be found made although nothing was known of it before. */
  readonly #madeBy = new Map<string, string>();
  /** Keys that this run has made: of forced twins, one is made. */
  readonly #made = new Set<string>();
  /** What has been read of lists by which the run has more instances. */
  readonly #lists = new Map<string, ListContent>();
  #wanted: ReturnType<typeof wantedLists>;
  readonly #temporaries: Temporaries;
  /** Nodes whose result is known, and of which it is not known yet whether something must be made again. */
  readonly #deferred = new Map<string, { readonly node: GraphNode; readonly key: string }>();
  /** By node that is to be made again: why. */
  readonly #remade = new Map<string, string>();
  #growing: Promise<unknown> = Promise.resolve();
  #attempts = 0;
  /** Steps under way. */
  performing = 0;

  constructor(
    private readonly host: Host,
    private graph: Graph,
    nodes: readonly GraphNode[],
    private readonly ledger: Ledger,
    private readonly sharing: Sharing,
    private readonly signal: AbortSignal,
    private readonly forced: Set<string>,
    private readonly keepWork: KeepWork,
    private readonly trace: RunOptions["trace"],
    private readonly expand: RunOptions["expand"],
    private readonly streamLogs: boolean,
  ) {
    this.#wanted = wantedLists(graph);
    this.#temporaries = new Temporaries(host.store, nodes);
    this.#keyer = new Keyer(host, graph);
    this.#history = new History(host.store, graph);
  }

  abandon(node: GraphNode, outcome: "skipped" | "cancelled", reason: string): void {
    if (!this.#deferred.has(node.id)) this.ledger.end(node, { outcome, reason });
  }

  unsettled(node: GraphNode, error: unknown): void {
    this.ledger.end(node, {
      outcome: "failed",
      reason: "its key could not be made",
      error: messageOf(error),
    });
  }

  grow(node: GraphNode): Promise<Growth> | undefined {
    const outputs = this.#wanted.get(node.id);
    const { expand } = this;
    if (outputs === undefined || expand === undefined) return undefined;
    const grown = this.#growing.then(() => this.#grow(node, outputs, expand));
    this.#growing = grown;
    return grown;
  }

  async #grow(
    node: GraphNode,
    outputs: ReadonlySet<string>,
    expand: (lists: Lists) => Promise<Expanded>,
  ): Promise<Growth> {
    const { ledger } = this;
    const read = readLists(this.host.store, node.id, outputs, ledger.resultOf);
    for (const [name, content] of read) this.#lists.set(name, content);
    try {
      const { graph, nodes, skipped, forced } = await expand(this.#lists);
      for (const one of nodes) if (!this.graph.byId.has(one.id) && forced(one)) this.forced.add(one.id);
      this.graph = graph;
      this.#wanted = wantedLists(graph);
      this.#temporaries.grow(nodes);
      this.#keyer.grow(graph);
      ledger.grow(graph, nodes, skipped);
      return { nodes };
    } catch (error) {
      // Other lists can still be followed.
      for (const name of read.keys()) this.#lists.delete(name);
      const failed = waitingFor(this.graph, node.id);
      for (const open of failed)
        ledger.end(open, { outcome: "failed", reason: open.open?.text ?? "", error: messageOf(error) });
      return { failed };
    }
  }

  /** Makes the key of a node whose inputs are known, and looks for its result. */
  async settle(node: GraphNode): Promise<Settled> {
    const { print, key } = await this.#keyer.fingerprint(node, this.ledger.resultOf);
    if (this.forced.has(node.id) && !this.#made.has(key)) return this.#toMake(node, key, "forced");
    const record = await findResult(
      this.host.store,
      key,
      message => this.ledger.emit({ type: "notice", message }),
      node.temporary,
    );
    // The run did not wait for this.
    if (this.signal.aborted) return { done: false, key };
    if (record === undefined) return this.#toMake(node, key, this.#history.explain(node, print, key).text);
    const gone = node.temporary === undefined ? [] : await goneOutputs(this.host.store, record);
    if (gone.length > 0) {
      const wanted = this.#remade.get(node.id);
      if (wanted !== undefined || !this.#temporaries.isUsed(node))
        return this.#toMake(node, key, wanted ?? goneText(gone, undefined));
      this.ledger.know(node, record);
      this.#deferred.set(node.id, { node, key });
      return { done: true };
    }
    this.ledger.know(node, record);
    if (record.metricsFault !== undefined)
      this.ledger.emit({ type: "notice", message: `${node.id}: ${record.metricsFault}` });
    const meanwhile = this.#madeBy.get(node.id) ?? "another step of this run made it";
    const reason = this.#pending.has(node.id) ? meanwhile : "unchanged";
    this.#remade.delete(node.id);
    this.#deferred.delete(node.id);
    this.ledger.end(node, { outcome: "cached", reason, key });
    await this.#finished(node.id);
    return { done: true };
  }

  /** A node that must be made; what it takes may have to be made again before. */
  async #toMake(node: GraphNode, key: string, reason: string): Promise<Settled> {
    this.#pending.set(node.id, { key, reason });
    const gone = await goneInputs(this.host.store, node, this.ledger.resultOf);
    if (gone.size === 0) return { done: false, key, effort: await effortOf(this.host.kinds, node) };
    for (const [maker, outputs] of gone) this.#remade.set(maker, goneText(outputs, node.id));
    return { done: false, needs: [...gone.keys()] };
  }

  /** A node came to its result: what only it still took may go, and nothing of that need be made again. */
  async #finished(id: string): Promise<void> {
    for (const maker of await this.#temporaries.done(id, this.ledger.resultOf))
      await this.#endDeferred(maker);
  }

  async #endDeferred(id: string): Promise<void> {
    const deferred = this.#deferred.get(id);
    if (deferred === undefined) return;
    this.#deferred.delete(id);
    this.ledger.end(deferred.node, { outcome: "cached", reason: "unchanged", key: deferred.key });
    await this.#finished(id);
  }

  /** At the end of the run: of what nobody needed again the result is known. */
  async settleRest(): Promise<void> {
    for (const id of [...this.#deferred.keys()]) await this.#endDeferred(id);
  }

  reserve(node: GraphNode, key: string): Promise<void> | undefined {
    let maker = "another run made it";
    const anyway = this.forced.has(node.id) || this.#remade.has(node.id);
    const free = this.sharing.take(node.id, key, anyway, holder => {
      maker = `run ${holder.run} made it`;
      if (this.#waited.get(node.id) !== holder.token) this.ledger.waits(node, holder);
      this.#waited.set(node.id, holder.token);
    });
    if (free !== undefined) this.#madeBy.set(node.id, maker);
    return free;
  }

  /** Runs a node, again if it may be retried, and records its result. */
  async perform(node: GraphNode, lease: Lease): Promise<Performed> {
    const { ledger } = this;
    const begun = this.host.clock.seconds();
    const log = this.host.store.logFile(ledger.id, node.id);
    let { key, reason } = this.#pending.get(node.id) ?? { key: "", reason: "" };
    const ending = () => ({ key, reason, log, seconds: this.host.clock.seconds() - begun });
    this.performing++;
    this.#deferred.delete(node.id);
    try {
      for (let turn = 1; ; turn++) {
        // Minutes may have passed since the key was made: files or code that changed meanwhile give another key.
        const fresh = await this.#keyer.fingerprintNow(node, ledger.resultOf);
        if (fresh.key !== key) {
          [key, reason] = [fresh.key, "its files changed since the run began"];
          this.#pending.set(node.id, { key, reason });
          if (this.reserve(node, key) !== undefined) return "again";
        }
        if ((await goneInputs(this.host.store, node, ledger.resultOf)).size > 0) return "again";
        ledger.emit({ type: "step-start", id: node.id, kind: kindOf(node), reason, attempt: turn });
        const result = await this.#attempt(node, fresh.print, lease, log);
        if (result.ok) {
          if (!this.sharing.mayRecord(node.id)) {
            this.#madeBy.set(node.id, "another run took it over and made it");
            return "again";
          }
          this.#keep(node, fresh, result, ending().seconds);
          ledger.end(node, { ...ending(), outcome: "ran" });
          await this.#finished(node.id);
          return "done";
        }
        if (result.cancelled) {
          const ended = { ...ending(), ...keptOf(result.kept) };
          ledger.end(node, { ...ended, outcome: "cancelled", reason: "the run was stopped" });
          return "cancelled";
        }
        if (turn > node.retries || this.signal.aborted) {
          const tail = logTail(log, result.error);
          ledger.end(node, {
            ...{ ...ending(), ...keptOf(result.kept), outcome: "failed" },
            error: tail === "" ? result.error : `${result.error}\n${tail}`,
          });
          return "failed";
        }
        ledger.emit({ type: "step-retry", id: node.id, attempt: turn, error: result.error });
      }
    } catch (error) {
      ledger.end(node, { ...ending(), outcome: "failed", error: messageOf(error) });
      return "failed";
    } finally {
      this.performing--;
      this.sharing.release(node.id);
    }
  }

  async #attempt(node: GraphNode, print: Fingerprint, lease: Lease, log: string): Promise<Attempted> {
    const { host, graph, ledger, signal, trace } = this;
    for (const message of [...sameInputNotices(node, ledger.resultOf), ...absentNotices(node)])
      ledger.emit({ type: "notice", message });
    const path = await this.sharing.folder();
    const number = this.#attempts++;
    const name = keptName(host.store, graph, node);
    return attempt({
      ...{ host, graph, node, print, lease, log, signal, resultOf: ledger.resultOf },
      // Whoever finds the folder of a run that was killed does not know the secrets that it may hold.
      folder: join(
        path,
        attemptFolder(number, name, this.keepWork !== "never" && node.secrets === undefined),
      ),
      ...{ keep: this.keepWork, trace: trace && (found => trace(node, found)), streamed: this.streamLogs },
      tag: `${ledger.id}/${number}`,
      fingerprintNow: async () => (await this.#keyer.fingerprintNow(node, ledger.resultOf)).print,
      hooks: {
        progress: (done, total, note) =>
          ledger.emit({ type: "step-progress", id: node.id, done, total, note }),
        log: line => ledger.emit({ type: "step-log", id: node.id, line }),
        metrics: (metrics, step) =>
          ledger.emit({ type: "metrics", id: node.id, metrics, ...(step === undefined ? {} : { step }) }),
        notice: message => ledger.emit({ type: "notice", message: `${node.id}: ${message}` }),
      },
      sharing: this.sharing,
    });
  }

  #keep(
    node: GraphNode,
    { print, key }: { print: Fingerprint; key: string },
    result: Extract<Attempted, { ok: true }>,
    seconds: number,
  ): void {
    const { outputs, outputNames, metrics, curves, metricsFault } = result;
    const record: StepRecord = {
      ...{ format: 1 as const, key, id: node.id, fingerprint: print },
      ...{ outputs, outputNames, metrics, curves, seconds },
      ...(metricsFault === undefined ? {} : { metricsFault }),
      ...{ finished: this.ledger.now(), environment: describeEnvironment(this.host) },
    };
    const kept = this.host.store.records.put(record);
    this.ledger.know(node, kept);
    // The same result was kept for good before.
    for (const [name, ref] of Object.entries(outputs))
      if (ref.temporary !== undefined && kept.outputs[name]?.temporary === undefined)
        void this.host.store.objects.drop(ref);
    this.forced.delete(node.id);
    this.#remade.delete(node.id);
    this.#made.add(key);
  }
}

/** What a run answers when it is asked to end, at once. */
function stoppingText(steps: number): string {
  const what =
    steps === 0
      ? "stopping"
      : `stopping ${steps} step${steps === 1 ? "" : "s"}; again to end ${steps === 1 ? "it" : "them"} now`;
  return `${what}; \`vistas run\` goes on from here`;
}

function keptOf(kept: KeptWork | undefined): { work?: string; command?: string } {
  if (kept === undefined) return {};
  return { work: kept.folder, ...(kept.command === undefined ? {} : { command: kept.command }) };
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return error.diagnostics.map(diagnosticText).join("\n");
  return faultText(error) ?? (error instanceof Error ? error.message : String(error));
}

function diagnosticText({ message, hint, file, range }: Diagnostic): string {
  const at = range === undefined ? "" : `${file}:${range.start.line}:${range.start.column}: `;
  return `${at}${message}${hint === undefined ? "" : ` (${hint})`}`;
}
