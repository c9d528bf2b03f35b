import { DONE, FAILED } from "../call/exit.js";
import { openTarget, type LoadOptions, writeWarnings } from "../call/open-target.js";
import { checkBeforePlan } from "../../workflow/checks.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import { forcedOf, type OpenPipeline } from "../../workflow/open-pipeline.js";
import { perform, type PerformOptions } from "../call/perform.js";
import { planTable } from "./plan-command.js";
import { runResults } from "../../workflow/run-results.js";
import { isPipeline, pipelineOf, onStdout, print, type Session } from "../call/session.js";

interface Options extends LoadOptions, PerformOptions {
  readonly dryRun?: boolean;
  readonly force?: true | string[];
}

/** `vistas run`: brings the selected steps up to date and prints the results of those that have any. */
export async function runCommand(session: Session, args: string[], options: Options): Promise<number> {
  // In `run --force p.yaml` the word after --force is the pipeline, not a step.
  const named = Array.isArray(options.force) ? options.force : [];
  const pipelines = named.filter(isPipeline);
  const words = [...pipelines, ...args];
  const target = await openTarget(session, words, options);
  const steps = named.filter(word => !isPipeline(word));
  const { steps: selected } = pipelineOf(session, words);
  const forced = (of: OpenPipeline) =>
    options.force === undefined ? () => false : forcedOf(of, steps, selected);
  if (options.dryRun === true) {
    const known = await withKnownLists(target);
    await writeWarnings(session, await checkBeforePlan(known), known);
    print(session, await planTable(session, known, forced(known)));
    return DONE;
  }
  const record = await perform(session, target, options, forced);
  if (options.reporter !== "ndjson" && !session.quiet) {
    const { renderRunTable } = await import("../../report/run-table.js");
    const table = renderRunTable(record, runResults(target.host.store, record), onStdout(session));
    if (table !== "") print(session, table);
  }
  return record.outcome === "done" ? DONE : FAILED;
}
