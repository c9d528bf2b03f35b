import { byCodeUnit } from "../../core/json.js";
import { UsageError } from "../../core/diagnostic.js";
import type { Access } from "../../exec/sandbox/strace.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { DONE, FAILED } from "../call/exit.js";
import { openTarget, type LoadOptions, writeWarnings } from "../call/open-target.js";
import { checkBeforePlan } from "../../workflow/checks.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import { forcedOf, type OpenPipeline } from "../../workflow/open-pipeline.js";
import { perform, type PerformOptions } from "../call/perform.js";
import { planTable } from "./plan-command.js";
import { runResults } from "../../workflow/run-results.js";
import { isPipeline, pipelineOf, onStdout, print, type Session } from "../call/session.js";

interface Options extends LoadOptions, Omit<PerformOptions, "trace"> {
  readonly trace?: boolean;
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
  const { trace, ...rest } = options;
  if (trace === true) await refuseWithoutStrace(target);
  const found = new Map<string, Access[]>();
  const note = ({ step }: GraphNode, accesses: readonly Access[]): void =>
    void found.set(step, [...(found.get(step) ?? []), ...accesses]);
  const record = await perform(session, target, trace === true ? { ...rest, trace: note } : rest, forced);
  if (trace === true) await printTraces(session, target, found, options.reporter);
  if (options.reporter !== "ndjson" && !session.quiet) {
    const { renderRunTable } = await import("../../report/run-table.js");
    const table = renderRunTable(record, runResults(target.host.store, record), onStdout(session));
    if (table !== "") print(session, table);
  }
  return record.outcome === "done" ? DONE : FAILED;
}

async function refuseWithoutStrace({ host }: OpenPipeline): Promise<void> {
  const { noStrace, straceOf } = await import("../../exec/sandbox/means.js");
  if ((await straceOf(host)) !== undefined) return;
  const { code, what, hint } = noStrace();
  throw UsageError.ofCall(code, what, hint);
}

/** What each program that ran did beyond what its step declares, with the YAML that would declare it. */
async function printTraces(
  session: Session,
  { graph }: OpenPipeline,
  found: ReadonlyMap<string, readonly Access[]>,
  reporter: Options["reporter"],
): Promise<void> {
  const { undeclaredText } = await import("../../exec/sandbox/undeclared.js");
  const inOrder = [...found].sort(([a], [b]) => byCodeUnit(a, b));
  const texts = inOrder.map(([step, accesses]) => {
    const once = new Map(accesses.map(one => [`${one.does} ${one.what}`, one]));
    return `${step} ${undeclaredText(step, [...once.values()], graph.project)}`;
  });
  if (texts.length === 0)
    texts.push("no program was watched: what is cached does not run (--force), nor do kinds");
  const text = texts.join("\n\n");
  if (reporter === "ndjson") session.stderr.write(`${text}\n`);
  else print(session, text);
}
