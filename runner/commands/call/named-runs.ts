import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import type { RunRecord } from "../../core/record.js";
import type { Store } from "../../store/store.js";
import { projectOf } from "../../core/project-folder.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { code } from "../../pipeline/mistakes/wording.js";
import { projectIdentity } from "../../store/project.js";
import { commitOf } from "./commits.js";
import { isPipeline, splitTarget, type Session } from "./session.js";

/** Past runs of a pipeline of this project, newest first. */
export function* pastRuns(session: Session, store: Store, pipeline: string): Generator<RunRecord> {
  const file = resolve(session.cwd, pipeline);
  const project = projectOf(file);
  const identity = projectIdentity(store.root, project);
  const name = relative(project, file);
  for (const id of store.runs.ids()) {
    const run = store.runs.get(id);
    if (run?.file === name && run.project === identity) yield run;
  }
}

/** Throws a `UsageError` for a call that names a pipeline which is neither there nor has any run in the store. */
export function refuseUnknownPipeline(session: Session, store: Store, args: readonly string[]): void {
  const [first] = args;
  if (first === undefined || !isPipeline(first)) return;
  const { pipeline } = splitTarget(session, args);
  if (existsSync(resolve(session.cwd, pipeline))) return;
  if (pastRuns(session, store, pipeline).next().done !== true) return;
  const message = `there is no ${code(first)}, and no run of it in ${store.root}`;
  throw UsageError.ofCall("no-such-file", message, "`vistas runs` lists the runs of the store");
}

/** Where a word that names a run is looked up. */
export interface RunScope {
  readonly session: Session;
  readonly store: Store;
  readonly pipeline: string;
  /** The pipeline was named in the call, so that a run of another one is a mistake. */
  readonly named: boolean;
}

export function scopeOf(session: Session, store: Store, pipeline: string, args: readonly string[]): RunScope {
  return { session, store, pipeline, named: args[0] !== undefined && isPipeline(args[0]) };
}

/** The run that `--run WORD` names; undefined where it was not given. */
export function runOf(
  session: Session,
  store: Store,
  pipeline: string,
  args: readonly string[],
  word: string | undefined,
): RunRecord | undefined {
  return word === undefined ? undefined : namedRun(scopeOf(session, store, pipeline, args), word);
}

/**
 * The run that `word` names: `latest` or `latest~N` of the pipeline, what the user calls it, an id or an unambiguous part
 * of one, or a revision of git: the newest run of that commit, one without changes before others. Throws a `UsageError` where that is no run, several, or one of another pipeline than the one named.
 */
export function namedRun(scope: RunScope, word: string): RunRecord {
  const { session, store, pipeline, named } = scope;
  const [, back] = /^latest(?:~(\d{1,6}))?$/.exec(word) ?? [];
  if (word === "latest" || back !== undefined) return nthNewest(scope, Number(back ?? 0));
  const ids = store.runs.ids();
  const exact = ids.includes(word) ? [word] : ids.filter(id => id.startsWith(word) || id.endsWith(word));
  const run =
    exact[0] === undefined
      ? (runCalled(scope, word) ?? runOfRevision(scope, word))
      : store.runs.get(exact[0]);
  if (exact.length <= 1 && run !== undefined) {
    if (named && !isOf(session, store, pipeline, run))
      throw UsageError.ofCall(
        "unknown-run",
        `the run ${run.id} is of ${run.file}${run.project === identityOf(scope) ? "" : ` in ${run.project}`}, not of ${pipeline}`,
        `\`vistas runs ${pipeline}\` lists those of ${pipeline}.`,
      );
    return run;
  }
  const many = exact.length > 1 ? `; it could be ${exact.slice(0, 3).join(", ")}` : "";
  throw UsageError.ofCall(
    "unknown-run",
    `there is no one run "${word}"${many}`,
    `\`vistas runs\` lists them; \`latest\` is the newest of ${pipeline}.`,
  );
}

function nthNewest({ session, store, pipeline }: RunScope, back: number): RunRecord {
  let left = back;
  for (const run of pastRuns(session, store, pipeline)) if (left-- === 0) return run;
  const others = back > 0 ? "" : elsewhere(store);
  throw UsageError.ofCall(
    "no-run",
    `there is no run${back > 0 ? ` latest~${back}` : ""} of ${pipeline} in ${store.root}`,
    others === "" ? `Run it first: vistas run ${shellWord(pipeline)}` : others,
  );
}

/** What the store has instead, where it has anything. */
function elsewhere(store: Store): string {
  const pipelines = new Set<string>();
  for (const id of store.runs.ids().slice(0, 50)) {
    const run = store.runs.get(id);
    if (run !== undefined) pipelines.add(run.file);
  }
  if (pipelines.size === 0) return "";
  return `It has runs of ${[...pipelines].slice(0, 5).join(", ")}: name the pipeline, or a run by its id (\`vistas runs\`).`;
}

function identityOf({ session, store, pipeline }: RunScope): string {
  return projectIdentity(store.root, projectOf(resolve(session.cwd, pipeline)));
}

function isOf(session: Session, store: Store, pipeline: string, run: RunRecord): boolean {
  const file = resolve(session.cwd, pipeline);
  const project = projectOf(file);
  return run.file === relative(project, file) && run.project === projectIdentity(store.root, project);
}

/** The newest run that the user calls so: of the pipeline, else, where none was named, of the project. */
function runCalled({ session, store, pipeline, named }: RunScope, name: string): RunRecord | undefined {
  let other: RunRecord | undefined;
  for (const id of store.runs.ids()) {
    const run = store.runs.get(id);
    if (run?.name !== name) continue;
    if (isOf(session, store, pipeline, run)) return run;
    if (!named) other ??= run;
  }
  return other;
}

function runOfRevision({ session, store, pipeline }: RunScope, word: string): RunRecord | undefined {
  const commit = commitOf(word, projectOf(resolve(session.cwd, pipeline)), session.env);
  if (commit === undefined) return undefined;
  const runs = [...pastRuns(session, store, pipeline)].filter(({ revision }) => revision?.commit === commit);
  return runs.find(({ revision }) => revision?.dirty === false) ?? runs[0];
}
