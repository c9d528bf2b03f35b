import { statfsSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { DONE } from "./exit.js";
import { bytes } from "../ui/format.js";
import { table } from "../ui/table.js";
import { DEFAULT_PIPELINE, openStore, print, printJson, type Session } from "./session.js";

/** `vistas doctor`: what this machine has, which engine `auto` takes and why, and how to get what is missing. */
export async function doctorCommand(
  session: Session,
  _args: string[],
  options: { json?: boolean },
): Promise<number> {
  const { tools } = session;
  const capacity = tools.capacity();
  const store = openStore(session, DEFAULT_PIPELINE);
  const engines = await tools.listEngines();
  const chosen = await tools.chooseEngine("auto", `${store.root}/cache`);
  const free = freeBytes(store.root);
  if (options.json === true) {
    printJson(session, {
      vistas: tools.version,
      node: process.version,
      ...capacity,
      store: store.root,
      free,
      engines,
      chosen,
    });
    return DONE;
  }
  const machine = [
    ["vistas", tools.version],
    ["node", `${process.version} on ${process.platform}-${process.arch}`],
    ["processor", `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`],
    ["memory", bytes(capacity.memory)],
    ["GPUs", capacity.gpus.length === 0 ? "none found" : capacity.gpus.join(", ")],
    ["store", `${store.root}${free === undefined ? "" : ` (${bytes(free)} free)`}`],
  ];
  print(session, table(["machine", ""], machine));
  const rows = engines.map(({ backend, available, detail }) => [backend, available ? "yes" : "no", detail]);
  print(session, `\n${table(["engine", "works", "detail"], rows)}`);
  for (const { backend, remedy } of engines)
    if (remedy !== undefined) print(session, `\nTo get ${backend}: ${remedy}`);
  print(session, `\nauto takes ${chosen.backend}: ${chosen.why}`);
  return DONE;
}

/** Free bytes of the disk on which the store is, or will be. */
function freeBytes(root: string): number | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch {
      if (folder === dirname(folder)) return undefined; // Not even the root of the disk can be asked.
    }
  }
}
