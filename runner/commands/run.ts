import { DONE, FAILED } from "./exit.js";
import { UsageError } from "../core/diagnostic.js";
import { matches } from "../graph/select.js";
import type { GraphNode } from "../graph/types.js";
import { loadTarget, type LoadOptions, type Target } from "./load.js";
import { perform, type PerformOptions, refuseImpossible } from "./perform.js";
import { planTable } from "./plan.js";
import { refuseMissingPrograms } from "./refuse-missing-programs.js";
import { refuseUnrepeatable } from "./refuse-unrepeatable.js";
import { runResults } from "./results.js";
import { isPipeline, pipelineOf, onStdout, print, type Session } from "./session.js";

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
  const target = await loadTarget(session, words, options);
  const steps = named.filter(word => !isPipeline(word));
  const { steps: selected } = pipelineOf(session, words);
  const forced = options.force === undefined ? () => false : forcedOf(target, steps, selected);
  if (options.dryRun === true) {
    refuseImpossible(target);
    await refuseUnrepeatable(target);
    await refuseMissingPrograms(target);
    print(session, await planTable(session, target, forced));
    return DONE;
  }
  const record = await perform(session, target, options, forced);
  if (options.reporter !== "ndjson" && !session.quiet) {
    const { renderRunTable } = await import("../report/run-table.js");
    const table = renderRunTable(record, runResults(target.host.store, record), onStdout(session));
    if (table !== "") print(session, table);
  }
  return record.outcome === "done" ? DONE : FAILED;
}

/**
 * The steps named with `--force`; without a name those that the call selects, and not what they are made from; without
 * a selection all. Throws a `UsageError` for a step that is not among those to be brought up to date.
 */
function forcedOf(
  { graph, nodes }: Target,
  named: readonly string[],
  selected: readonly string[],
): (node: GraphNode) => boolean {
  const words = named.length > 0 ? named : selected;
  if (words.length === 0) return () => true;
  const wanted = new Set(nodes);
  const forced = new Set<GraphNode>();
  for (const word of words) {
    const found = matches(graph, word);
    if (!found.some(node => wanted.has(node))) {
      const hint = `select it as well: ${[...selected, word].join(" ")}`;
      throw UsageError.ofCall("unknown-selection", `--force ${word}: no selected step needs it`, hint);
    }
    for (const node of found) forced.add(node);
  }
  return node => forced.has(node);
}
