import { DONE } from "../call/exit.js";
import { UsageError } from "../../core/diagnostic.js";
import type { RunRecord } from "../../core/record.js";
import { Sizes, type Size } from "../../store/objects/sizes.js";
import type { Store } from "../../store/store.js";
import { counted, duration } from "../../ui/quantities.js";
import { table } from "../../ui/table.js";
import { namedRun, pastRuns, refuseUnknownPipeline, scopeOf, type RunScope } from "../call/named-runs.js";
import { warnOf } from "../call/named-steps.js";
import { runResults } from "../../workflow/run-results.js";
import { sizeText } from "../call/size-text.js";
import { print, printJson, splitTarget, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";

export interface RunsOptions {
  readonly json?: boolean;
  /** `NAME=RUN` */
  readonly name?: readonly string[];
  readonly unname?: readonly string[];
}

/**
 * `vistas runs`: past runs, newest first: of one pipeline if it is named, else all in the store. `--name NAME=RUN` calls a
 * run by a name, under which other verbs find it; gc keeps what it needs until `--unname NAME`.
 */
export function runsCommand(session: Session, args: string[], options: RunsOptions): Promise<number> {
  const { pipeline } = splitTarget(session, args);
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  const scope = scopeOf(session, store, pipeline, args);
  for (const name of options.unname ?? []) rename(scope, name, undefined);
  for (const text of options.name ?? []) {
    const { name, run } = parseName(text);
    rename(scope, run, name);
  }
  if ((options.name ?? options.unname) !== undefined) return Promise.resolve(DONE);
  const runs =
    args.length > 0
      ? [...pastRuns(session, store, pipeline)]
      : store.runs.ids().flatMap(id => store.runs.get(id) ?? []);
  const damaged = store.runs.ids().filter(id => store.runs.get(id) === undefined).length;
  if (damaged > 0)
    warnOf(session, [`${counted(damaged, "run record")} cannot be read: \`vistas verify\` says which`]);
  const sizes = new Sizes(store.root, store.disk);
  if (options.json === true) {
    printJson(
      session,
      runs.map(run => {
        const { id, name = null, pipeline: of, file, started, seconds, outcome, counts } = run;
        const facts = { id, name, pipeline: of, file, started, seconds, outcome, ...counts };
        return { ...facts, ...sizeOf(store, sizes, run) };
      }),
    );
  } else if (runs.length === 0) {
    print(session, "no runs yet");
  } else {
    const named = runs.some(({ name }) => name !== undefined);
    const rows = runs.map(run => [
      run.id,
      ...(named ? [run.name ?? ""] : []),
      ...[run.file, run.outcome],
      ...[run.counts.ran, run.counts.cached, run.counts.failed].map(String),
      duration(run.seconds),
      sizeText(sizeOf(store, sizes, run)),
    ]);
    const head = ["pipeline", "outcome", "ran", "cached", "failed", "time", "size"];
    print(session, table(["run", ...(named ? ["name"] : []), ...head], rows));
  }
  return Promise.resolve(DONE);
}

/** Of all results of the run's steps, made by this run or before. */
function sizeOf(store: Store, sizes: Sizes, run: RunRecord): Size {
  return sizes.of(runResults(store, run).flatMap(({ record }) => Object.values(record?.outputs ?? {})));
}

function parseName(text: string): { name: string; run: string } {
  const [, name, run] = /^([A-Za-z][\w.-]{0,63})=(.+)$/.exec(text) ?? [];
  // Hexadecimal words are the ends of ids.
  if (name !== undefined && run !== undefined && !/^[0-9a-f]+$/.test(name) && name !== "latest")
    return { name, run };
  throw UsageError.ofCall(
    "bad-option",
    `--name ${text} does not call a run by a name`,
    "For example: --name paper=latest. Names have letters, digits, _ - and ., and are not hexadecimal.",
  );
}

function rename(scope: RunScope, word: string, name: string | undefined): void {
  const { name: before, ...run } = namedRun(scope, word);
  if (before !== name) scope.store.runs.put(name === undefined ? run : { ...run, name });
}
