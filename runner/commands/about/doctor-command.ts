import { statfsSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { engineTable } from "./engine-table.js";
import { DONE } from "../call/exit.js";
import { bytes } from "../../ui/quantities.js";
import { table } from "../../ui/table.js";
import { DEFAULT_PIPELINE, print, printJson, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";

/**
 * `vistas doctor`: what this machine has, which engine `auto` takes and why, and how to get what is missing.
 * `--install ENGINE`: gets it.
 */
export async function doctorCommand(
  session: Session,
  _args: string[],
  options: { json?: boolean; install?: string },
): Promise<number> {
  if (options.install !== undefined) {
    const { install } = await import("./doctor-install.js");
    return install(session, options.install, options.json ?? false);
  }
  const { tools } = session;
  const capacity = tools.capacity();
  const store = openStore(session, DEFAULT_PIPELINE);
  const engines = await tools.listEngines();
  const chosen = await tools.chooseEngine("auto", store.cache.folder);
  const free = freeBytes(store.root);
  if (options.json === true) {
    printJson(session, {
      vistas: tools.version,
      node: process.version,
      ...capacity,
      store: store.root,
      cache: store.cache.folder ?? null,
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
    [
      "cache",
      store.cache.folder ??
        "none: its folder is not yours alone, so every call reads everything anew; set VISTAS_CACHE to one that is",
    ],
    ...(await helpersOf(session)),
    ["store", `${store.root}${free === undefined ? "" : ` (${bytes(free)} free)`}`],
  ];
  print(session, table(["machine", ""], machine));
  print(session, `\n${engineTable(engines)}`);
  for (const engine of engines)
    if (!engine.available)
      print(session, `\n${engine.backend} does not work here: ${engine.why}\n  To get it: ${engine.remedy}`);
  print(session, `\nauto takes ${chosen.backend}. ${chosen.why}`);
  return DONE;
}

/** What builds environments, starts containers, and confines steps. */
async function helpersOf({ env }: Session): Promise<[name: string, value: string][]> {
  const { findRuntime } = await import("../../exec/environments/container.js");
  const { NoEnvironment, programOn } = await import("../../exec/environments/recipe.js");
  const { noSandbox, sandboxMeans, straceOf } = await import("../../exec/sandbox/means.js");
  const found = (name: string): string => programOn(env["PATH"], name) ?? "not on the PATH";
  const runtime = await findRuntime({ name: "an image" }, env).catch((error: unknown) => {
    if (error instanceof NoEnvironment) return error;
    throw error;
  });
  const sandbox = await sandboxMeans({ env });
  return [
    ["uv, npm", `${found("uv")}, ${found("npm")}`],
    [
      "containers",
      runtime instanceof NoEnvironment
        ? `none (${runtime.what.replace(/^a step runs in an image, and /, "")}): ${runtime.hint}`
        : runtime.path,
    ],
    ["sandbox", sandbox === undefined ? `none: ${noSandbox().hint}` : `${sandbox.name} (${sandbox.path})`],
    ["--trace", (await straceOf({ env })) ?? "needs strace, which does not work here"],
  ];
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
