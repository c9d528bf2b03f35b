import { UsageError } from "../../core/diagnostic.js";
import { DONE, USAGE } from "../call/exit.js";
import { openTarget, type LoadOptions, writeWarnings } from "../call/open-target.js";
import { checkPrograms } from "../../workflow/checks.js";
import { print, printJson, type Session } from "../call/session.js";

/** `vistas validate`: every mistake at once; runs nothing. */
export async function validateCommand(
  session: Session,
  args: string[],
  options: LoadOptions & { json?: boolean },
): Promise<number> {
  try {
    const target = await openTarget(session, args, options);
    const { graph } = target;
    const missing = await checkPrograms(target);
    await writeWarnings(session, missing, target);
    if (options.json === true) printJson(session, [...(await target.warnings()), ...missing]);
    else {
      const [count, skipped] = [graph.nodes.length, graph.skipped.length];
      const rest = skipped === 0 ? "" : `, and ${skipped} left out by \`when\``;
      print(session, `${graph.name}: valid, ${count} step instance${count === 1 ? "" : "s"}${rest}`);
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) || options.json !== true) throw error;
    printJson(session, error.diagnostics);
    return USAGE;
  }
}
