import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { UsageError } from "../../core/diagnostic.js";
import type { RunRecord, RunStep } from "../../core/record.js";
import { keptName } from "../../exec/attempt/kept-work.js";
import { underWay } from "../../exec/attempt/stale-runs.js";
import { Lines, lastState, Tail } from "../../exec/process/tail.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { matches } from "../../pipeline/graph/select.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import type { Store } from "../../store/store.js";
import { printable } from "../../ui/display-text.js";
import { openStore } from "../../workflow/open-store.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import { DONE, INTERRUPTED } from "../call/exit.js";
import { instanceSelector } from "../call/instance-selector.js";
import { pastRuns, refuseUnknownPipeline, runOf } from "../call/named-runs.js";
import { warnOf } from "../call/named-steps.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import { splitTarget, type Session } from "../call/session.js";

interface Options extends LoadOptions {
  readonly run?: string;
  readonly follow?: boolean;
}

/**
 * `vistas logs STEP`: what a step prints, in a run under way, else in the newest in which it ran. With `-f` goes on until the
 * step ends, and waits for one that a run under way has yet to start. Of several instances each line begins with its name.
 */
export async function logsCommand(session: Session, args: string[], options: Options): Promise<number> {
  const { pipeline, steps } = splitTarget(session, args);
  if (steps.length === 0)
    throw UsageError.ofCall("missing-step", "`logs` needs a step", "For example: vistas logs probe");
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  if (options.run === undefined) {
    const live = await LiveLogs.of(session, store, pipeline, steps, options);
    if (live?.isBusy(options.follow === true) === true) return live.print(options.follow === true);
  }
  const run = runOf(session, store, pipeline, args, options.run);
  printPast(session, store, pipeline, steps, run);
  return DONE;
}

/** The logs of instances that runs are making at this moment. */
class LiveLogs {
  readonly #logs = new Map<string, Followed>();
  /** Owners of runs of the pipeline. */
  readonly #runs = new Set<string>();

  /** By owner: runs of which a step of the pipeline was seen; at this moment none of them may be under way. */
  readonly #seen = new Map<string, string>();

  readonly #wanted: number;

  private constructor(
    private readonly session: Session,
    private readonly store: Store,
    /** Of every instance of the pipeline, by the name of its folders: whether it was asked for, and its id. */
    private readonly names: ReadonlyMap<string, { readonly id: string; readonly wanted: boolean }>,
  ) {
    this.#wanted = [...names.values()].filter(({ wanted }) => wanted).length;
  }

  /** Nothing where no run is under way: then the pipeline is not even read. */
  static async of(
    session: Session,
    store: Store,
    pipeline: string,
    words: readonly string[],
    options: LoadOptions,
  ): Promise<LiveLogs | undefined> {
    if (store.live.list().length === 0) return undefined;
    const { graph } = await withKnownLists(
      await openTarget({ ...session, quiet: true }, [pipeline], options),
    );
    const wanted = new Set(words.flatMap(word => matches(graph, word.replace(/\+$/, ""))));
    const entryOf = (node: GraphNode) =>
      [keptName(store, graph, node), { id: node.id, wanted: wanted.has(node) }] as const;
    return new LiveLogs(session, store, new Map(graph.nodes.map(entryOf)));
  }

  /** Whether a step that was asked for is under way; with `waits` also whether one may come. */
  isBusy(waits: boolean): boolean {
    this.#look();
    return this.#logs.size > 0 || (waits && this.#runs.size > 0);
  }

  /** Prints what there is; with `follow` until no instance that was asked for is under way or may come. */
  async print(follow: boolean): Promise<number> {
    for (let quiet = 0; ;) {
      this.#look();
      for (const log of this.#logs.values()) log.print();
      const busy = [...this.#logs.values()].some(({ isUnderWay }) => isUnderWay);
      const waits = this.#runs.size > 0 && this.#logs.size < this.#wanted;
      quiet = busy || waits ? 0 : quiet + 1;
      if (this.session.signal.aborted) return INTERRUPTED;
      // Between two attempts at a step there is none for a moment.
      if (!follow || quiet > QUIET) break;
      await pause(LOOK_MS);
    }
    for (const log of this.#logs.values()) log.end();
    return DONE;
  }

  #look(): void {
    for (const log of this.#logs.values()) log.isUnderWay = false;
    this.#runs.clear();
    for (const { owner, run } of this.store.live.list()) {
      for (const name of underWay(this.store, owner)) {
        const { id, wanted } = this.names.get(name) ?? {};
        if (id === undefined) continue;
        this.#seen.set(owner, run);
        if (wanted === true) this.#logOf(run, id).isUnderWay = true;
      }
      if (this.#seen.has(owner)) this.#runs.add(owner);
    }
    // One may have begun and ended between two looks.
    for (const run of this.#seen.values())
      for (const { id, wanted } of this.names.values())
        if (wanted && existsSync(this.store.logFile(run, id))) this.#logOf(run, id);
  }

  #logOf(run: string, id: string): Followed {
    const file = this.store.logFile(run, id);
    const log = this.#logs.get(file) ?? new Followed(this.session, file, this.#wanted > 1 ? `${id} | ` : "");
    this.#logs.set(file, log);
    return log;
  }
}

const LOOK_MS = 200;
/** Looks after which nothing comes any more. */
const QUIET = 2;

/** A log that grows. */
class Followed {
  isUnderWay = false;
  readonly #tail: Tail;
  readonly #lines = new Lines();
  #printed = 0;
  #last = "";

  constructor(
    private readonly session: Session,
    file: string,
    private readonly prefix: string,
  ) {
    this.#tail = new Tail(file);
  }

  print(): void {
    // A log that was settled has as many lines as before; it is read from its start once more.
    let [known, dropped]: [number, string[]] = [0, []];
    for (let next = this.#tail.read(); next !== undefined; next = this.#tail.read()) {
      const lines = this.#lines.push(next);
      if (next.anew) [known, this.#printed] = [this.#printed, 0];
      this.#printed += lines.length;
      dropped = lines.slice(0, known);
      this.#writeAll(lines.slice(known));
      known -= dropped.length;
    }
    // Of bars that were read half drawn there were more: what follows the last line is new.
    if (known > 0) this.#writeAll(dropped.slice(dropped.lastIndexOf(this.#last) + 1));
  }

  end(): void {
    this.print();
    if (this.#lines.rest !== "") this.#write(this.#lines.rest);
  }

  #writeAll(lines: readonly string[]): void {
    for (const line of lines) this.#write(line);
    this.#last = lines.at(-1) ?? this.#last;
  }

  #write(line: string): void {
    this.session.stdout.write(`${printable(this.prefix)}${safe(lastState(line))}\n`);
  }
}

/** Without what could move the cursor of a terminal; tabs stay. */
function safe(line: string): string {
  return line.split("\t").map(printable).join("\t");
}

function printPast(
  session: Session,
  store: Store,
  pipeline: string,
  words: readonly string[],
  run: RunRecord | undefined,
): void {
  const all = [...pastRuns(session, store, pipeline)];
  const isWanted = instanceSelector(run === undefined ? all : [run], words);
  // The newest run that knows a step says which instances it has.
  const newest = run ?? all.find(({ steps }) => steps.some(isWanted));
  const steps = newest?.steps.filter(isWanted) ?? [];
  const notices: string[] = [];
  const found = steps.flatMap(step => {
    const maker = makerOf(store, all, newest, step);
    if (maker === undefined) notices.push(`${step.id}: ${noLogText(step)}`);
    else if (maker.id !== newest?.id)
      notices.push(`${step.id}: of run ${maker.id} (${step.outcome} in run ${newest?.id ?? ""})`);
    return maker === undefined ? [] : [{ step, file: store.logFile(maker.id, step.id) }];
  });
  warnOf(session, notices);
  if (found.length === 0)
    throw UsageError.ofCall(
      "no-result",
      `there is no log of ${words.join(", ")}`,
      `Run it: vistas run ${shellWord(pipeline)} ${words.map(shellWord).join(" ")}`,
    );
  for (const { step, file } of found)
    new Followed(session, file, steps.length > 1 ? `${step.id} | ` : "").end();
}

/** The run whose log tells of a step: it itself where it ran there, else the newest one before that made its result. */
function makerOf(
  store: Store,
  runs: readonly RunRecord[],
  newest: RunRecord | undefined,
  { id, outcome, key }: RunStep,
): RunRecord | undefined {
  const hasLog = (run: RunRecord): boolean => existsSync(store.logFile(run.id, id));
  if (newest === undefined || (outcome !== "cached" && hasLog(newest))) return newest;
  if (outcome !== "cached") return undefined;
  return runs.find(
    run =>
      run.steps.some(step => step.id === id && step.key === key && step.outcome === "ran") && hasLog(run),
  );
}

function noLogText({ outcome }: RunStep): string {
  return outcome === "cached"
    ? "the run that made it, or its log, is gone"
    : `it was ${outcome}, and printed nothing`;
}
