import { DONE } from "./exit.js";
import { duration } from "../ui/format.js";
import { table } from "../ui/table.js";
import { pastRuns } from "./past.js";
import { openStore, print, printJson, splitTarget, type Session } from "./session.js";

/** `vistas runs`: past runs, newest first: of one pipeline if it is named, else all in the store. */
export function runsCommand(session: Session, args: string[], options: { json?: boolean }): Promise<number> {
  const { pipeline } = splitTarget(args);
  const store = openStore(session, pipeline);
  const runs =
    args.length > 0
      ? [...pastRuns(session, store, pipeline)]
      : store.runs.ids().flatMap(id => store.runs.get(id) ?? []);
  if (options.json === true) {
    printJson(
      session,
      runs.map(({ id, pipeline: name, file, started, seconds, outcome, counts }) => ({
        id,
        pipeline: name,
        file,
        started,
        seconds,
        outcome,
        ...counts,
      })),
    );
  } else if (runs.length === 0) {
    print(session, "no runs yet");
  } else {
    const rows = runs.map(run => [
      run.id,
      run.file,
      run.outcome,
      String(run.counts.ran),
      String(run.counts.cached),
      String(run.counts.failed),
      duration(run.seconds),
    ]);
    print(session, table(["run", "pipeline", "outcome", "ran", "cached", "failed", "time"], rows));
  }
  return Promise.resolve(DONE);
}
