import type { Blob, Entry, Rest, RunUse, Survey } from "./survey.js";

/** What a user wants to keep. */
export interface Policy {
  /**
   * How many of the newest finished runs of each pipeline keep what they had, from 0 to Infinity: of the whole of it, and
   * of each part of it that was selected. Newer runs that failed or were interrupted do too.
   */
  readonly keepLast: number;
  /** Ids of runs that keep what they had as well; named runs do without being listed. */
  readonly keep: ReadonlySet<string>;
  /** Keys whose results some published lock needs. */
  readonly locked: ReadonlySet<string>;
  /** Bytes that the store may take up: what nothing keeps goes only until then, least recently used first. */
  readonly maxSize?: number;
}

export interface Plan {
  /** Results and parts that go, in the order in which they go. */
  readonly entries: readonly Entry[];
  /** Of these, what runs that stay still name: the bytes go, what was known of them stays. */
  readonly history: ReadonlySet<Entry>;
  readonly runs: readonly RunUse[];
  /** Names in `objects/` that nothing needs then; see `unneeded`. */
  readonly objects: readonly string[];
  readonly rest: readonly Rest[];
  /** Bytes on the disk, before and after. */
  readonly total: number;
  readonly freed: number;
  /** What each output, and the parts, of each step instance give up. Objects count where the last that names them goes. */
  readonly lines: readonly Line[];
  /** Objects that nothing names to begin with. */
  readonly orphans: { readonly count: number; readonly bytes: number };
}

export interface Line {
  readonly step: string;
  /** `""` for parts. */
  readonly output: string;
  readonly count: number;
  readonly bytes: number;
  /** When the newest of them was last used by a run; ISO 8601. */
  readonly lastUsed: string;
}

/**
 * Decides what goes. Kept are: the results of the newest `keepLast` runs of each pipeline, of named and listed ones, and
 * of locks; what was made since the oldest of the newest `keepLast` of all runs began, for it may belong to a run that
 * was killed and is to be gone on with; and parts of whatever made a kept result. Of the rest all goes, or with a
 * `maxSize` only what must: runs, results and (kept or not, since they only save time) parts, least recently used
 * first. `isWriting`: whether the process that writes a temporary file is still there. Pure but for that.
 */
export function planGc(survey: Survey, policy: Policy, isWriting: (path: string) => boolean): Plan {
  const { keepLast, maxSize = 0 } = policy;
  const bounded = policy.maxSize !== undefined;
  const oldest = survey.runs.slice(0, keepLast).at(-1);
  const since = survey.runs.length < keepLast ? EVER : (oldest?.started ?? NEVER);
  const sinceRun = survey.runs.length < keepLast ? EVER : (oldest?.id ?? NEVER);

  const users = new Users(survey);
  const keptRuns = new Set(survey.runs.filter(r => r.name !== undefined || policy.keep.has(r.id)));
  for (const run of newestOfEach(survey.runs, keepLast)) keptRuns.add(run);
  const isRoot = (entry: Entry): boolean =>
    entry.area !== "parts" &&
    (policy.locked.has(entry.key) ||
      entry.finished >= since ||
      users.of(entry).some(run => keptRuns.has(run)));
  const roots = new Set(survey.entries.filter(isRoot));
  // What a run that came to its end has left of temporary outputs nobody goes on with.
  const unfinished = ({ outcome }: RunUse): boolean => outcome !== "done";
  const interim = new Set(
    [...roots]
      .filter(entry => users.of(entry).length === 0 || users.of(entry).some(unfinished))
      .map(({ key }) => key),
  );
  const makers = new Set([...roots].map(({ maker }) => maker));
  const stays = (entry: Entry): boolean =>
    roots.has(entry) ||
    (entry.area === "parts" && !bounded && (entry.finished >= since || makers.has(entry.maker)));

  const ledger = new Bookkeeping(survey, users);
  for (const rest of survey.rest) {
    const { kind, path, name } = rest;
    const ofNoRun = RUN_KINDS.has(kind) && !users.runs.has(name) && name < sinceRun;
    const ofNoResult = kind === "interim" && !interim.has(name);
    if (
      ofNoResult ||
      kind === "broken" ||
      kind === "failed" ||
      (kind === "temporary" && !isWriting(path)) ||
      ofNoRun
    )
      ledger.remove(rest);
  }
  // What a gc before has left of a result goes with the last run that names it.
  const emptied = (entry: Entry): boolean =>
    entry.area === "past" &&
    users.of(entry).length > 0 &&
    !objectsOf(entry).some(name => survey.objects.has(name));
  const mayGo = (entry: Entry): boolean => !stays(entry) && !emptied(entry);
  for (const candidate of inOrder(survey, mayGo, keptRuns, users)) {
    if (bounded && ledger.left <= maxSize) break;
    ledger.drop(candidate);
  }
  return ledger.plan(survey.entries.filter(entry => emptied(entry) && !stays(entry)));
}

/** Of each group, the newest `count` runs that came to their end, and whatever is newer. `runs`: newest first. */
function* newestOfEach(runs: readonly RunUse[], count: number): Generator<RunUse> {
  const done = new Map<string, number>();
  for (const run of runs) {
    const before = done.get(run.group) ?? 0;
    if (before >= count) continue;
    if (run.outcome === "done") done.set(run.group, before + 1);
    yield run;
  }
}

/** Names in `objects/` of what was surveyed that no entry but the dropped ones needs. */
export function unneeded(survey: Survey, dropped: ReadonlySet<Entry>): string[] {
  const needed = new Set<string>();
  for (const entry of survey.entries)
    if (!dropped.has(entry)) for (const { objects } of entry.outputs) for (const o of objects) needed.add(o);
  return [...survey.objects.keys()].filter(name => !needed.has(name));
}

/** Before and after every time and run id. */
const EVER = "";
const NEVER = "~";
const RUN_KINDS: ReadonlySet<Rest["kind"]> = new Set(["log", "report", "reproduction"] as const);

type Candidate = { readonly entry: Entry } | { readonly run: RunUse };

/** Least recently used first; of the same time parts before results before the runs that had them. */
function inOrder(
  survey: Survey,
  mayGo: (entry: Entry) => boolean,
  keptRuns: ReadonlySet<RunUse>,
  users: Users,
): Candidate[] {
  const entries = survey.entries
    .filter(mayGo)
    .map(entry => ({ entry, used: users.lastUse(entry), rank: entry.area === "parts" ? 0 : 1 }));
  const runs = survey.runs
    .filter(run => !keptRuns.has(run))
    .map(run => ({ run, used: run.finished, rank: 2 }));
  return [...entries, ...runs].sort((a, b) =>
    a.used === b.used ? a.rank - b.rank : a.used < b.used ? -1 : 1,
  );
}

/** Which runs had which results. */
class Users {
  readonly runs: ReadonlyMap<string, RunUse>;
  readonly #byKey = new Map<string, { result: string | undefined; run: RunUse }[]>();

  constructor({ runs }: Survey) {
    this.runs = new Map(runs.map(run => [run.id, run]));
    for (const run of runs) {
      for (const { key, result } of run.steps) {
        const known = this.#byKey.get(key);
        if (known === undefined) this.#byKey.set(key, [{ result, run }]);
        else known.push({ result, run });
      }
    }
  }

  /** Runs of before results had ids name whatever their key came to. */
  of({ area, key, result }: Entry): RunUse[] {
    if (area === "parts") return [];
    const found = this.#byKey.get(key) ?? [];
    return found.filter(use => use.result === undefined || use.result === result).map(({ run }) => run);
  }

  lastUse(entry: Entry): string {
    return this.of(entry).reduce((last, { finished }) => (finished > last ? finished : last), entry.finished);
  }
}

/** What has gone so far, and what that frees. */
class Bookkeeping {
  readonly #needs = new Map<string, number>();
  readonly #entries: Entry[] = [];
  readonly #runs = new Set<RunUse>();
  readonly #objects: string[] = [];
  readonly #rest: Rest[] = [];
  readonly #lines = new Map<string, Line>();
  readonly #restOf = new Map<string, Rest[]>();
  readonly #instances = new Map<string, string>();
  readonly #total: number;
  readonly #orphans = { count: 0, bytes: 0 };
  #freed = 0;

  constructor(
    private readonly survey: Survey,
    private readonly users: Users,
  ) {
    const files = [survey.entries, survey.runs, survey.rest, [...survey.objects.values()]];
    this.#total = files.reduce((sum, some) => sum + some.reduce((of, { bytes }) => of + bytes, 0), 0);
    for (const entry of survey.entries) {
      for (const name of objectsOf(entry)) this.#needs.set(name, (this.#needs.get(name) ?? 0) + 1);
      if (entry.area !== "parts") this.#instances.set(entry.maker, entry.id);
    }
    for (const rest of survey.rest) {
      const same = this.#restOf.get(rest.name);
      if (same === undefined) this.#restOf.set(rest.name, [rest]);
      else same.push(rest);
    }
    for (const [name, blob] of survey.objects) {
      if (this.#needs.has(name)) continue;
      this.#release(name, blob);
      this.#orphans.count++;
      this.#orphans.bytes += blob.bytes;
    }
  }

  get left(): number {
    return this.#total - this.#freed;
  }

  drop(candidate: Candidate): void {
    if ("run" in candidate) this.#dropRun(candidate.run);
    else this.#dropEntry(candidate.entry);
  }

  remove(rest: Rest): void {
    this.#rest.push(rest);
    this.#freed += rest.bytes;
  }

  /** `emptied`: entries without bytes, which go if no run that stays names them. */
  plan(emptied: readonly Entry[]): Plan {
    for (const entry of emptied) if (this.#forgotten(entry)) this.#entries.push(entry);
    for (const entry of this.#entries) if (this.#forgotten(entry)) this.#freed += entry.bytes;
    const history = new Set(this.#entries.filter(entry => !this.#forgotten(entry)));
    const gone = new Set(this.#entries.filter(entry => !history.has(entry)));
    const known = new Set(this.survey.entries.filter(entry => !gone.has(entry)).map(({ key }) => key));
    for (const rest of this.survey.rest)
      if (rest.kind === "audit" && !known.has(rest.name)) this.remove(rest);
    return {
      ...{ entries: this.#entries, history, runs: [...this.#runs], objects: this.#objects, rest: this.#rest },
      ...{ total: this.#total, freed: this.#freed, orphans: this.#orphans },
      lines: [...this.#lines.values()].sort((a, b) => b.bytes - a.bytes),
    };
  }

  #dropRun(run: RunUse): void {
    this.#runs.add(run);
    this.#freed += run.bytes;
    for (const rest of this.#restOf.get(run.id) ?? []) if (RUN_KINDS.has(rest.kind)) this.remove(rest);
  }

  #dropEntry(entry: Entry): void {
    this.#entries.push(entry);
    const step = entry.area === "parts" ? (this.#instances.get(entry.maker) ?? entry.kind) : entry.id;
    for (const { name, objects } of entry.outputs) {
      let bytes = 0;
      for (const object of new Set(objects)) {
        const left = (this.#needs.get(object) ?? 0) - 1;
        this.#needs.set(object, left);
        const blob = this.survey.objects.get(object);
        if (left === 0 && blob !== undefined) bytes += this.#release(object, blob);
      }
      const output = entry.area === "parts" ? "" : name;
      const line = this.#lines.get(`${step}.${output}`);
      const [count, lastUsed] = [(line?.count ?? 0) + 1, this.users.lastUse(entry)];
      this.#lines.set(`${step}.${output}`, {
        ...{ step, output, count, bytes: bytes + (line?.bytes ?? 0) },
        lastUsed: line !== undefined && line.lastUsed > lastUsed ? line.lastUsed : lastUsed,
      });
    }
  }

  #release(name: string, { bytes }: Blob): number {
    this.#objects.push(name);
    this.#freed += bytes;
    return bytes;
  }

  /** No run that stays, as far as is known by now, names it. */
  #forgotten(entry: Entry): boolean {
    return this.users.of(entry).every(run => this.#runs.has(run));
  }
}

/** Two outputs may hold the same bytes: each of them counts, as each of them goes. */
function objectsOf({ outputs }: Entry): string[] {
  return outputs.flatMap(({ objects }) => [...new Set(objects)]);
}
