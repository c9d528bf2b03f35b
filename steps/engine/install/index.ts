/**
 * Installs an engine into a folder of its own (`../places.ts`): `vistas doctor --install`. The work is done under
 * another name beside it, checked in a child process, and renamed when all went well: a failure, or Ctrl-C, leaves
 * nothing behind.
 * Does not: touch the project's package.json or node_modules, run scripts of packages, or use anything unverified.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { enginesFolder, engineFolder, INSTALLABLE, isInstallable, type Installable } from "../places.js";
import { engineReport, type EngineReport } from "../engine-report.js";
import { tryBackend } from "../try-backend.js";
import { InstallFault, type Recipe, type Site } from "./recipe.js";
import { RECIPES } from "./recipes.js";

export interface InstallOutcome {
  readonly folder: string;
  /** False when it was there already, and works. */
  readonly fresh: boolean;
  /** What trying it came to. */
  readonly engine: EngineReport;
}

export interface InstallWatcher {
  /** A stage begins; `stage` counts from 1. */
  stage(stage: number, stages: number, title: string): void;
  /** How far it is, in bytes. */
  progress(done: number, total: number): void;
}

/** Throws an InstallFault that says what is missing, or the signal's reason. */
export async function installEngine(
  name: string,
  watcher: InstallWatcher,
  signal: AbortSignal,
  recipes: Readonly<Record<Installable, () => Recipe>> = RECIPES,
): Promise<InstallOutcome> {
  if (!isInstallable(name))
    throw new InstallFault(
      `${JSON.stringify(name)} is no engine that can be installed this way`,
      `These are: ${INSTALLABLE.join(", ")}.`,
    );
  const { stages, mustWork } = recipes[name]();
  const folder = engineFolder(name);
  if (existsSync(folder)) {
    watcher.stage(1, 1, `check what is installed in ${folder}`);
    const result = await tryBackend(name, { speed: true });
    if (result.ok || !mustWork) return { folder, fresh: false, engine: engineReport(name, result) };
    // Damaged, or of another machine: made anew.
    rmSync(folder, { recursive: true });
  }
  const workplace = openWorkplace();
  try {
    const site: Site = {
      folder: join(workplace, basename(folder)),
      scratch: join(workplace, "scratch"),
      signal,
      progress: (done, total) => watcher.progress(done, total),
    };
    mkdirSync(site.scratch);
    for (const [i, { title, run }] of stages.entries()) {
      signal.throwIfAborted();
      watcher.stage(i + 1, stages.length + 1, title);
      await run(site);
    }
    watcher.stage(stages.length + 1, stages.length + 1, "check that it computes rightly");
    const result = await tryBackend(name, { speed: true, engines: workplace });
    signal.throwIfAborted();
    if (!result.ok && mustWork)
      throw new InstallFault(`what was installed does not work: ${result.why}`, "It was removed again.");
    renameSync(site.folder, folder);
    return { folder, fresh: true, engine: engineReport(name, result) };
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
}

/** A folder of this process's own, beside where engines lie; those of processes that were killed are removed. */
function openWorkplace(): string {
  const engines = enginesFolder();
  const prefix = `.partial-${hostname()}-`;
  mkdirSync(engines, { recursive: true });
  for (const name of readdirSync(engines).filter(name => name.startsWith(prefix)))
    if (!isAlive(Number(name.slice(prefix.length)))) rmSync(join(engines, name), { recursive: true });
  const workplace = join(engines, `${prefix}${process.pid}`);
  mkdirSync(workplace);
  return workplace;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
