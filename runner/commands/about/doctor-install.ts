import { engineTable } from "./engine-table.js";
import { DONE } from "../call/exit.js";
import { bytes } from "../../ui/quantities.js";
import { print, printJson, type Session } from "../call/session.js";

/** `vistas doctor --install ENGINE`: shows each stage as it begins, then the result. */
export async function install(session: Session, name: string, json: boolean): Promise<number> {
  const { stderr, isTTY, quiet, tools } = session;
  const write = (text: string): void => {
    if (!quiet) stderr.write(text);
  };
  let line = "";
  const { folder, fresh, engine } = await tools.installEngine(
    name,
    {
      stage(stage, stages, title) {
        line = `[${stage}/${stages}] ${title}`;
        write(`${line}\n`);
      },
      progress(done, total) {
        // One line, written over; a log keeps the stages alone.
        if (isTTY) write(`\r      ${bytes(done)} of ${bytes(total)}${done < total ? "   " : "\n"}`);
      },
    },
    session.signal,
  );
  if (json) {
    printJson(session, { folder, fresh, engine });
    return DONE;
  }
  print(session, `${name} ${fresh ? "is now" : "was already"} in ${folder}\n`);
  print(session, engineTable([engine]));
  if (!engine.available) print(session, `\nIt does not work on this machine: ${engine.why}`);
  return DONE;
}
