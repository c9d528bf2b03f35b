import { UsageError } from "../../core/diagnostic.js";
import type { RunRecord } from "../../core/record.js";
import { run, type RunOptions } from "../../exec/run.js";
import type { KeepWork } from "../../exec/attempt/kept-work.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { createReporter, type ReporterKind } from "../../ui/reporter.js";
import { checkBeforeRun } from "../../workflow/checks.js";
import type { OpenPipeline } from "../../workflow/open-pipeline.js";
import { writeWarnings } from "./open-target.js";
import type { Session } from "./session.js";

/** Options of the verbs that run steps. */
export interface PerformOptions {
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly reporter: ReporterKind;
  readonly keepWork?: KeepWork;
  /** Told what each program does beyond what its step declares. */
  readonly trace?: RunOptions["trace"];
}

/** Brings a pipeline up to date and reports how it goes. Throws a `UsageError` before anything runs. */
export async function perform(
  session: Session,
  pipeline: OpenPipeline,
  { jobs, keepGoing = false, reporter: kind, keepWork = "failed", trace }: PerformOptions,
  forced: (pipeline: OpenPipeline) => (node: GraphNode) => boolean,
  /** Told of the pipeline whenever more of its instances are known. */
  onGrown: (pipeline: OpenPipeline) => void = () => undefined,
): Promise<RunRecord> {
  const most = jobsOf(jobs);
  const { engine, warnings } = await checkBeforeRun(pipeline);
  // With a fallback it takes longer, and the results have keys of their own.
  if (engine?.advice !== undefined && !session.quiet)
    session.stderr.write(`note: ${engine.backend} computes; ${engine.advice}\n`);
  await writeWarnings(session, warnings, pipeline);
  const reporter = createReporter(kind, { ...session, graph: pipeline.graph });
  return run(pipeline.host, pipeline.graph, pipeline.nodes, {
    ...(most === undefined ? {} : { jobs: most }),
    ...{
      keepGoing,
      keepWork,
      trace,
      forced: forced(pipeline),
      skipped: pipeline.skipped,
      streamLogs: session.verbose,
      sink: reporter.sink,
      signal: session.signal,
    },
    expand: async lists => {
      const grown = await pipeline.expand(lists);
      onGrown(grown);
      return { ...grown, forced: forced(grown) };
    },
  }).finally(() => reporter.close());
}

export function jobsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw UsageError.ofCall(
      "bad-option",
      `--jobs ${text} is not a number of steps`,
      "Give a whole number from 1 on, such as --jobs 4.",
    );
  return Number(text);
}
