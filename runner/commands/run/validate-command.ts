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
      const open = new Set(graph.nodes.flatMap(node => (node.open === undefined ? [] : [node.step])));
      const known = graph.nodes.filter(node => node.open === undefined);
      const [count, skipped] = [known.length, graph.skipped.length];
      const later =
        open.size === 0 ? "" : `, and those of ${[...open].join(", ")}, known when others have run`;
      const rest = skipped === 0 ? "" : `, and ${skipped} left out by \`when\``;
      print(session, `${graph.name}: valid, ${count} step instance${count === 1 ? "" : "s"}${later}${rest}`);
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) || options.json !== true) throw error;
    printJson(session, error.diagnostics);
    return USAGE;
  }
}
