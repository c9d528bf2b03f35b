import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { importDvc } from "../../dvc/import-dvc.js";
import { code } from "../../pipeline/mistakes/wording.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { DONE } from "../call/exit.js";
import { writeWarnings } from "../call/open-target.js";
import { print, printJson, type Session } from "../call/session.js";

/** `vistas import dvc.yaml`: writes a pipeline that does what the stages do, and lists what could not be carried over. */
export async function importCommand(
  session: Session,
  [file = "dvc.yaml"]: string[],
  { out, json = false }: { readonly out?: string; readonly json?: boolean },
): Promise<number> {
  const folder = dirname(resolve(session.cwd, file));
  const name = basename(folder).replace(/[^A-Za-z0-9_-]+/g, "-") || "imported";
  const target = out ?? relative(session.cwd, join(folder, "pipelines", `${name}.yaml`));
  const path = resolve(session.cwd, target);
  if (existsSync(path))
    throw UsageError.ofCall(
      "would-overwrite",
      `${code(target)} is there already`,
      "Name another file: --out FILE",
    );
  const { text, steps, notCarried, texts } = await importDvc(file, session.cwd, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  if (json) {
    printJson(session, { pipeline: target, steps, notCarried });
    return DONE;
  }
  await writeWarnings(session, notCarried, { texts });
  print(session, `${target}: ${steps} step${steps === 1 ? "" : "s"}`);
  print(
    session,
    `A step sees only the files that its \`inputs\` name: add what its program imports or opens besides.`,
  );
  print(session, `\nNow: vistas plan ${shellWord(target)}`);
  return DONE;
}
