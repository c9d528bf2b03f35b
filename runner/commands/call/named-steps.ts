import { relative, resolve } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { nearest } from "../../core/nearest.js";
import type { RunRecord, RunStep } from "../../core/record.js";
import type { Store } from "../../store/store.js";
import { projectOf } from "../../core/project-folder.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import type { Session } from "./session.js";
import { pastRuns } from "./named-runs.js";

/** The newest result of an instance, and the run that it is of. */
export interface Found {
  readonly step: RunStep;
  readonly run: RunRecord;
}

export interface NamedSteps {
  readonly found: readonly Found[];
  readonly output: string | undefined;
  /** The step has more than one instance, and not a single one was named: each is shown with its labels. */
  readonly several: boolean;
  /** What is to be said beside the results, where they are not simply those of the newest run. */
  readonly notices: readonly string[];
}

/**
 * What `STEP[.output]` or `STEP[seed=0].output` names: of each instance that the step has in the newest run that knows
 * it, the newest result, from whichever run; of one run alone where that is given. Instances without a result, and results of runs before the newest, are in
 * `notices`. Throws a `UsageError` when there is no result at all.
 */
export function namedSteps(
  session: Session,
  store: Store,
  pipeline: string,
  word: string,
  run?: RunRecord,
): NamedSteps {
  const [, step = word, labels, output] = /^([A-Za-z_][\w/-]*)(\[[^\]]*\])?(?:\.([\w-]+))?$/.exec(word) ?? [];
  const wanted = (labels ?? "")
    .slice(1, -1)
    .split(",")
    .map(part => part.trim())
    .filter(part => part !== "");
  const matching = ({ labels: at }: Pick<RunStep, "labels">): boolean =>
    wanted.every(part => Object.entries(at).some(([axis, value]) => part === `${axis}=${String(value)}`));

  const runs = run === undefined ? pastRuns(session, store, pipeline) : [run];
  const known = new Set<string>();
  let instances: readonly Pick<RunStep, "id">[] = [];
  let newest: RunRecord | undefined;
  let ofNewest: readonly Pick<RunStep, "id">[] = [];
  const found = new Map<string, Found>();
  for (const run of runs) {
    for (const { step: name } of run.steps) known.add(name);
    const own = run.steps.filter(one => one.step === step);
    if (newest === undefined && own.length > 0) {
      const all: Pick<RunStep, "id" | "labels">[] = [...own];
      for (const one of run.leftOut?.instances ?? []) if (one.step === step) all.splice(one.index, 0, one);
      instances = all.filter(matching);
      newest = run;
      ofNewest = all;
    }
    if (newest === undefined) continue;
    for (const one of own)
      if (isFinished(one) && matching(one) && !found.has(one.id)) found.set(one.id, { step: one, run });
    // What the newest run does not have may be of a time when the axis was longer.
    if (instances.length === 0) instances = own.filter(one => found.has(one.id));
    if (instances.length > 0 && instances.every(({ id }) => found.has(id))) break;
  }
  const results = instances.flatMap(({ id }) => found.get(id) ?? []);
  if (results.length > 0 && newest !== undefined)
    return {
      found: results,
      output,
      several: instances.length > 1 || (instances.length === 1 && wanted.length === 0 && alone(newest, step)),
      notices: noticesOf(instances, results, newest),
    };
  if (newest !== undefined && instances.length === 0) {
    const ids = ofNewest.map(({ id }) => id);
    throw UsageError.ofCall(
      "unknown-selection",
      `no instance of ${step} is ${word}`,
      `There are ${listed(ids)}.`,
    );
  }
  const left = newest?.steps.find(one => one.step === step && matching(one) && one.byCondition === true);
  if (left !== undefined)
    throw UsageError.ofCall("no-result", `${left.id} has no result: it is left out`, `${left.reason}.`);
  const failed = newest?.steps.find(one => one.step === step && matching(one) && one.error !== undefined);
  if (newest !== undefined && failed !== undefined) throw failedLast(store, pipeline, newest, failed);
  throw noResult(session, store, pipeline, word, step, known);
}

/** What is known of a step that has failed and has no result: its error, with the end of its log, and the log's place. */
function failedLast(
  store: Store,
  pipeline: string,
  run: RunRecord,
  { id, error = "", work }: RunStep,
): UsageError {
  const log = store.logFile(run.id, id);
  const kept = work === undefined || store.disk.lstat(work) === undefined ? "" : `\nwork folder: ${work}`;
  const place = kept + (store.disk.lstat(log) === undefined ? "" : `\nlog: ${log}`);
  return UsageError.ofCall(
    "no-result",
    `${id} has no result: it failed in run ${run.id}\n${error}${place}`,
    `Run it again: vistas run ${shellWord(pipeline)} ${shellWord(id)}`,
  );
}

/** True for the one instance that a run selected of a step that has more. */
function alone(run: RunRecord, step: string): boolean {
  return run.leftOut?.instances.some(one => one.step === step) ?? false;
}

function isFinished({ key, outcome }: RunStep): boolean {
  return key !== null && (outcome === "ran" || outcome === "cached");
}

function noticesOf(
  instances: readonly Pick<RunStep, "id">[],
  results: readonly Found[],
  newest: RunRecord,
): string[] {
  const has = new Set(results.map(({ step }) => step.id));
  const missing = instances.filter(({ id }) => !has.has(id)).map(({ id }) => id);
  const outcomes = new Map(newest.steps.map(({ id, outcome }) => [id, outcome]));
  const older = new Map<string, { ids: string[]; run: string; why: string }>();
  for (const { step, run } of results) {
    if (run.id === newest.id) continue;
    const outcome = outcomes.get(step.id);
    const ofNewest = newest.steps.find(({ id }) => id === step.id);
    const [error = ""] =
      (ofNewest?.byCondition === true ? ofNewest.reason : ofNewest?.error)?.split("\n") ?? [];
    const because = error === "" ? "" : `: ${error}`;
    const why =
      outcome === undefined
        ? `run ${newest.id} ${isLeftOut(newest, step.id) ? "did not select it" : "has no such instance"}`
        : `${outcome} in run ${newest.id}${because}`;
    const group = older.get(`${run.id} ${why}`) ?? { ids: [], run: run.id, why };
    group.ids.push(step.id);
    older.set(`${run.id} ${why}`, group);
  }
  const notices = [...older.values()].map(({ ids, run, why }) => `${listed(ids)}: of run ${run} (${why})`);
  if (missing.length > 0) notices.push(`${listed(missing)}: no result in any run, so left out`);
  return notices;
}

function isLeftOut({ leftOut }: RunRecord, id: string): boolean {
  return leftOut?.instances.some(one => one.id === id) ?? false;
}

function listed(ids: readonly string[]): string {
  return ids.length > 5 ? `${ids.slice(0, 5).join(", ")} and ${ids.length - 5} more` : ids.join(", ");
}

export function recordGone(pipeline: string, { id }: RunStep): UsageError {
  return UsageError.ofCall(
    "no-result",
    `the record of ${id} is not in the store any more`,
    `Make it again: vistas run ${shellWord(pipeline)} ${shellWord(id)}`,
  );
}

export function noSuchOutput(id: string, output: string, names: readonly string[]): UsageError {
  const near = nearest(output, names);
  return UsageError.ofCall(
    "unknown-output",
    `${id} has no output ${output}`,
    near === undefined ? `It has: ${names.join(", ")}.` : `Did you mean ${near}?`,
  );
}

function noResult(
  session: Session,
  store: Store,
  pipeline: string,
  word: string,
  step: string,
  known: ReadonlySet<string>,
): UsageError {
  const near = nearest(step, known);
  const otherwise = known.size === 0 ? (foreign(session, store, pipeline) ?? unreadable(store)) : undefined;
  return UsageError.ofCall(
    "no-result",
    known.has(step) ? `${word} has no result yet` : `no run of ${pipeline} has a step ${step}`,
    near !== undefined && near !== step
      ? `Did you mean ${near}?`
      : (otherwise ??
          (known.size > 0 && !known.has(step)
            ? `Its runs have ${[...known].slice(0, 10).join(", ")}.`
            : `Run it first: vistas run ${shellWord(pipeline)} ${shellWord(step)}`)),
  );
}

/** Where there are records of runs, and none of them can be read. */
function unreadable(store: Store): string | undefined {
  const ids = store.runs.ids();
  if (ids.length === 0 || ids.some(id => store.runs.get(id) !== undefined)) return undefined;
  return "The records of the store's runs cannot be read: `vistas verify` says which are damaged.";
}

/** Runs of a file of that name in another project are not this project's. */
function foreign(session: Session, store: Store, pipeline: string): string | undefined {
  const file = resolve(session.cwd, pipeline);
  const name = relative(projectOf(file), file);
  for (const id of store.runs.ids()) {
    const run = store.runs.get(id);
    if (run?.file === name)
      return `The store has runs of a ${name} in another project, ${run.project}. Run this one: vistas run ${shellWord(pipeline)}`;
  }
  return undefined;
}

/** Says beside results what they are not: whole, or of one run. */
export function warnOf(session: Session, notices: readonly string[]): void {
  for (const notice of notices) session.stderr.write(`note: ${notice}\n`);
}
