import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { isCode, writeAtomic } from "../store/disk.js";
import type { Host } from "./host.js";
import { endProcesses, processStart } from "./processes.js";

export interface WorkFolder {
  readonly path: string;
  release(): void;
}

/** The folder in which a run's steps work. What runs that were killed left behind is ended and removed first. */
export async function claimWorkFolder(host: Host, run: string): Promise<WorkFolder> {
  const path = host.store.workFolder(run);
  await sweep(join(path, ".."));
  mkdirSync(path, { recursive: true });
  const owner: Owner = { host: hostname(), pid: process.pid, start: processStart(process.pid) ?? "" };
  writeAtomic(join(path, OWNER), JSON.stringify(owner), { durable: false });
  return { path, release: () => rmSync(path, { recursive: true, force: true }) };
}

const OWNER = "owner.json";

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process began, so that another one with the same number is not taken for it. */
  readonly start: string;
}

async function sweep(folder: string): Promise<void> {
  let runs: string[];
  try {
    runs = readdirSync(folder);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  for (const run of runs) {
    if (!dead(join(folder, run))) continue;
    await endProcesses(undefined, run, 0);
    rmSync(join(folder, run), { recursive: true, force: true });
  }
}

/** True only when the owner is known to be gone: another host's processes cannot be asked after. */
function dead(folder: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(join(folder, OWNER), "utf8")) as Owner;
    return owner.host === hostname() && processStart(owner.pid) !== owner.start;
  } catch {
    return false; // It is being made or removed right now.
  }
}
