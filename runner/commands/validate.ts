import { UsageError } from "../core/diagnostic.js";
import { DONE, USAGE } from "./exit.js";
import { loadTarget, type LoadOptions } from "./load.js";
import { refuseMissingPrograms } from "./refuse-missing-programs.js";
import { print, printJson, type Session } from "./session.js";

/** `vistas validate`: every mistake at once; runs nothing. */
export async function validateCommand(
  session: Session,
  args: string[],
  options: LoadOptions & { json?: boolean },
): Promise<number> {
  try {
    const target = await loadTarget(session, args, options);
    const { graph } = target;
    const warnings = [...target.warnings, ...(await refuseMissingPrograms(target))];
    if (options.json === true) printJson(session, warnings);
    else
      print(
        session,
        `${graph.name}: valid, ${graph.nodes.length} step instance${graph.nodes.length === 1 ? "" : "s"}`,
      );
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) || options.json !== true) throw error;
    printJson(session, error.diagnostics);
    return USAGE;
  }
}
