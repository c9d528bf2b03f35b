import { writeAtomic } from "../../store/files.js";
import { join, resolve } from "node:path";
import type { RunRecord } from "../../core/record.js";
import { DONE } from "../call/exit.js";
import { namedRun, scopeOf } from "../call/named-runs.js";
import { reproductionOf } from "../call/reproductions.js";
import { reading } from "../call/reading.js";
import { runResults, withPaths } from "../../workflow/run-results.js";
import { print, splitTarget, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";
import { paths } from "../../store/paths.js";
import type { Store } from "../../store/store.js";

/** `vistas report [RUN]`: one self-contained file; the newest run unless another is named. Prints where it is. */
export async function reportCommand(
  session: Session,
  args: string[],
  options: { out?: string; format: "html" | "markdown" },
): Promise<number> {
  const { pipeline, steps } = splitTarget(session, args);
  const store = openStore(session, pipeline);
  const run = namedRun(scopeOf(session, store, pipeline, args), steps[0] ?? "latest");
  const file = await writeReport(
    session,
    store,
    run,
    options.format,
    options.out === undefined ? undefined : resolve(session.cwd, options.out),
  );
  store.stats.save();
  print(session, file);
  return DONE;
}

/** Writes a run's report beside its logs, or to `out`; gives the path. */
export async function writeReport(
  session: Pick<Session, "stderr" | "signal">,
  store: Store,
  run: RunRecord,
  format: "html" | "markdown",
  out?: string,
): Promise<string> {
  const { buildReportModel } = await import("../../report/model.js");
  const model = await reading(session, store, async () => {
    const results = await withPaths(store, runResults(store, run));
    return buildReportModel(run, results, undefined, reproductionOf(store, run.id));
  });
  const file = out ?? join(store.root, paths.report(run.id, format === "html" ? "html" : "md"));
  const { renderReport } = await import("../../report/html.js");
  const { renderMarkdown } = await import("../../report/markdown.js");
  writeAtomic(store.disk, file, format === "html" ? renderReport(model) : renderMarkdown(model));
  return file;
}
