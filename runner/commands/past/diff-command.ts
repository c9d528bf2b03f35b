import { UsageError } from "../../core/diagnostic.js";
import { DONE } from "../call/exit.js";
import { namedRun, scopeOf } from "../call/named-runs.js";
import { runResults } from "../../workflow/run-results.js";
import { onStdout, print, printJson, splitTarget, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";

/** `vistas diff RUN RUN`: parameters, keys and metrics of two runs side by side. */
export async function diffCommand(
  session: Session,
  args: string[],
  options: { json?: boolean },
): Promise<number> {
  const { pipeline, steps } = splitTarget(session, args);
  const [before, after, more] = steps;
  if (before === undefined || after === undefined || more !== undefined) {
    throw UsageError.ofCall(
      "bad-call",
      "`diff` needs two runs",
      "For example: vistas diff 20261123-061019 latest (`vistas runs` lists them)",
    );
  }
  const store = openStore(session, pipeline);
  const scope = scopeOf(session, store, pipeline, args);
  const past = (word: string) => {
    const run = namedRun(scope, word);
    return { run, results: runResults(store, run) };
  };
  const { diffRuns } = await import("../../report/run-difference.js");
  const diff = diffRuns(past(before), past(after));
  if (options.json === true) {
    printJson(session, { ...diff, runs: diff.runs.map(run => run.id) });
  } else {
    const { renderDiff } = await import("../../report/run-difference-text.js");
    print(session, renderDiff(diff, onStdout(session)));
  }
  return DONE;
}
