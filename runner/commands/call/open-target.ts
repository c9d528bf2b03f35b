import type { Diagnostic } from "../../core/diagnostic.js";
import type { OpenPipeline } from "../../workflow/open-pipeline.js";
import { annotate } from "./exit.js";
import { pipelineOf, type Session } from "./session.js";

/** Options of every verb that reads a pipeline. */
export interface LoadOptions {
  readonly set?: string[];
  readonly params?: string[];
  readonly backend?: string;
}

/** Opens `[pipeline.yaml] [step] ...`, and writes its warnings to stderr. Throws a `UsageError` with every mistake. */
export async function openTarget(
  session: Session,
  args: readonly string[],
  { set = [], params = [], backend }: LoadOptions,
): Promise<OpenPipeline> {
  const { pipeline, steps } = pipelineOf(session, args);
  const { openPipeline } = await import("../../workflow/open-pipeline.js");
  const opened = await openPipeline(session, pipeline, {
    ...{ sets: set, paramsFiles: params, steps },
    ...(backend === undefined ? {} : { backend }),
  });
  if (!session.quiet) await writeWarnings(session, await opened.warnings(), opened);
  return opened;
}

export async function writeWarnings(
  session: Session,
  warnings: readonly Diagnostic[],
  { texts }: Pick<OpenPipeline, "texts">,
): Promise<void> {
  if (session.quiet || warnings.length === 0) return;
  const { formatDiagnostic } = await import("../../pipeline/mistakes/code-frame.js");
  for (const warning of warnings) {
    const text = formatDiagnostic(warning, texts.get(warning.file), { color: session.color });
    session.stderr.write(`${text}\n\n`);
  }
  annotate(warnings, session.stderr);
}
