import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Disk } from "../store/disk.js";
import { listIfAny, remove } from "../store/files.js";
import type { Host } from "./host.js";
import { endProcesses, exists, processStart } from "./processes.js";

export interface WorkFolder {
  readonly path: string;
  release(): void;
}

/**
 * The folder in which a run's steps work; its name says whose it is, so that it is never without an owner. What runs
 * that were killed left behind is ended and removed first.
 */
export async function claimWorkFolder(host: Host, run: string): Promise<WorkFolder> {
  const all = host.store.workFolders();
  await sweep(host.store.disk, all);
  const owner = [run, hostname(), process.pid, processStart(process.pid) ?? ""].join(BETWEEN);
  const path = join(all, owner);
  mkdirSync(path, { recursive: true });
  return { path, release: () => remove(host.store.disk, path) };
}

/** Neither in run ids nor in host names. */
const BETWEEN = "@";

async function sweep(disk: Disk, folder: string): Promise<void> {
  for (const name of listIfAny(disk, folder) ?? []) {
    const [run = "", host, pid, start] = name.split(BETWEEN);
    // Another host's processes cannot be asked after.
    if (host !== hostname() || isAlive(Number(pid), start)) continue;
    await endProcesses(undefined, run, 0);
    remove(disk, join(folder, name));
  }
}

/** `start`: when the process began, so that another one with the same number is not taken for it. */
function isAlive(pid: number, start: string | undefined): boolean {
  const now = processStart(pid);
  return start === "" ? exists(pid) : now === start;
}
