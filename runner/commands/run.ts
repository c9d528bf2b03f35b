import { DONE, FAILED } from "./exit.js";
import { matches } from "../graph/select.js";
import type { GraphNode } from "../graph/types.js";
import { loadTarget, type LoadOptions, type Target } from "./load.js";
import { perform, type PerformOptions, refuseImpossible } from "./perform.js";
import { planTable } from "./plan.js";
import { refuseUnrepeatable } from "./refuse-unrepeatable.js";
import { runResults } from "./results.js";
import { isPipeline, print, type Session } from "./session.js";

interface Options extends LoadOptions, PerformOptions {
  readonly dryRun?: boolean;
  readonly force?: true | string[];
}

/** `vistas run`: brings the selected steps up to date and prints the results of those that have any. */
export async function runCommand(session: Session, args: string[], options: Options): Promise<number> {
  // In `run --force p.yaml` the word after --force is the pipeline, not a step.
  const named = Array.isArray(options.force) ? options.force : [];
  const pipelines = named.filter(isPipeline);
  const target = await loadTarget(session, [...pipelines, ...args], options);
  const steps = named.filter(word => !isPipeline(word));
  const forced = options.force === undefined ? () => false : forcedOf(target, steps);
  if (options.dryRun === true) {
    refuseImpossible(target);
    await refuseUnrepeatable(target);
    print(session, await planTable(session, target, forced));
    return DONE;
  }
  const record = await perform(session, target, options, forced);
  if (options.reporter !== "ndjson" && !session.quiet) {
    const { renderRunTable } = await import("../report/run-table.js");
    const table = renderRunTable(record, runResults(target.host.store, record), session);
    if (table !== "") print(session, table);
  }
  return record.outcome === "done" ? DONE : FAILED;
}

/** No step named: all. */
function forcedOf(target: Target, steps: readonly string[]): (node: GraphNode) => boolean {
  if (steps.length === 0) return () => true;
  const ids = new Set(steps.flatMap(word => matches(target.graph, word).map(node => node.id)));
  return node => ids.has(node.id);
}
