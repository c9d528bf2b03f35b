import { UsageError } from "../core/diagnostic.js";
import type { RunRecord } from "../core/record.js";
import { neverFits } from "../exec/leases.js";
import { run } from "../exec/run.js";
import type { GraphNode } from "../graph/types.js";
import { isCode } from "../store/disk.js";
import { faultText } from "../store/fault.js";
import type { Store } from "../store/store.js";
import { createReporter, type ReporterKind } from "../ui/reporter.js";
import type { Target } from "./load.js";
import { refuseMissingPrograms } from "./refuse-missing-programs.js";
import { refuseMissingSecrets } from "./refuse-missing-secrets.js";
import { refuseUnrepeatable } from "./refuse-unrepeatable.js";
import { requireEngine } from "./require-engine.js";
import type { Session } from "./session.js";

/** Options of the verbs that run steps. */
export interface PerformOptions {
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly reporter: ReporterKind;
}

/** Brings a target up to date and tells how it goes. Throws a `UsageError` before anything runs. */
export async function perform(
  session: Session,
  target: Target,
  { jobs, keepGoing = false, reporter: kind }: PerformOptions,
  forced: (node: GraphNode) => boolean,
): Promise<RunRecord> {
  const most = jobsOf(jobs);
  refuseImpossible(target);
  await adviseOnEngine(session, target);
  await refuseUnrepeatable(target);
  await refuseMissingPrograms(target);
  await refuseMissingSecrets(target);
  refuseUnwritable(target.host.store);
  const reporter = createReporter(kind, { ...session, graph: target.graph });
  return run(target.host, target.graph, target.nodes, {
    ...(most === undefined ? {} : { jobs: most }),
    ...{ keepGoing, forced, sink: reporter.sink, signal: session.signal },
  }).finally(() => reporter.close());
}

/** Says which engine is missing where a fallback computes: it takes longer, and its results have keys of their own. */
async function adviseOnEngine(session: Session, target: Target): Promise<void> {
  const engine = await requireEngine(target);
  if (engine?.advice === undefined || session.quiet) return;
  session.stderr.write(`note: ${engine.backend} computes; ${engine.advice}\n`);
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

/** That nothing can be kept is said before anything runs. A full disk is another matter: it may be so at any time. */
function refuseUnwritable({ root, disk }: Store): void {
  try {
    disk.makeFolder(root);
  } catch (error) {
    if (!isCode(error, "EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG")) throw error;
    const message = `the store cannot be made: ${faultText(error) ?? String(error)}`;
    throw UsageError.ofCall("bad-root", message, "name another folder: --root DIR");
  }
}

/** What can never start here is told before anything runs, not after an hour of other steps. */
export function refuseImpossible({ nodes, host }: Target): void {
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
