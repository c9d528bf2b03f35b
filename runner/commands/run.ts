import { UsageError } from "../core/diagnostic.js";
import { neverFits } from "../exec/leases.js";
import { run } from "../exec/run.js";
import { DONE, FAILED } from "./exit.js";
import { matches } from "../graph/select.js";
import type { GraphNode } from "../graph/types.js";
import { createReporter, type ReporterKind } from "../ui/reporter.js";
import { loadTarget, type LoadOptions, type Target } from "./load.js";
import { planTable } from "./plan.js";
import { runResults } from "./results.js";
import { isPipeline, print, type Session } from "./session.js";

interface Options extends LoadOptions {
  readonly dryRun?: boolean;
  readonly force?: true | string[];
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly reporter: ReporterKind;
}

/** `vistas run`: brings the selected steps up to date and prints the results of those that have any. */
export async function runCommand(session: Session, args: string[], options: Options): Promise<number> {
  const jobs = jobsOf(options.jobs);
  // In `run --force p.yaml` the word after --force is the pipeline, not a step.
  const named = Array.isArray(options.force) ? options.force : [];
  const pipelines = named.filter(isPipeline);
  const target = await loadTarget(session, [...pipelines, ...args], options);
  const steps = named.filter(word => !isPipeline(word));
  const forced = options.force === undefined ? () => false : forcedOf(target, steps);
  refuseImpossible(target);
  if (options.dryRun === true) {
    print(session, await planTable(session, target, forced));
    return DONE;
  }
  const reporter = createReporter(options.reporter, { ...session, graph: target.graph });
  const record = await run(target.host, target.graph, target.nodes, {
    ...(jobs === undefined ? {} : { jobs }),
    keepGoing: options.keepGoing ?? false,
    forced,
    sink: reporter.sink,
    signal: session.signal,
  }).finally(() => reporter.close());
  if (options.reporter !== "ndjson" && !session.quiet) {
    const { renderRunTable } = await import("../report/run-table.js");
    const table = renderRunTable(record, runResults(target.host.store, record), session);
    if (table !== "") print(session, table);
  }
  return record.outcome === "done" ? DONE : FAILED;
}

function jobsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw UsageError.ofCall(
      "bad-option",
      `--jobs ${text} is not a number of steps`,
      "Give a whole number from 1 on, such as --jobs 4.",
    );
  return Number(text);
}

/** No step named: all. */
function forcedOf(target: Target, steps: readonly string[]): (node: GraphNode) => boolean {
  if (steps.length === 0) return () => true;
  const ids = new Set(steps.flatMap(word => matches(target.graph, word).map(node => node.id)));
  return node => ids.has(node.id);
}

/** What can never start here is told before anything runs, not after an hour of other steps. */
function refuseImpossible({ nodes, host }: Target): void {
  const seen = new Map<string, string>();
  for (const { step, resources } of nodes) {
    const why = neverFits(resources, host.capacity);
    if (why !== undefined) seen.set(step, why);
  }
  if (seen.size === 0) return;
  throw new UsageError(
    [...seen].map(([step, why]) => ({
      ...{ code: "impossible-resources", severity: "error", file: "" },
      message: `the step ${step} can never start here: ${why}`,
      hint: `Lower its \`resources\`, or run it where there are enough (\`vistas doctor\` lists what is here).`,
    })),
  );
}
