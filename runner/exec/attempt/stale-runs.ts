import { readdirSync } from "node:fs";
import { join } from "node:path";
import { livenessOf, parseOwner } from "../../store/locks/owner.js";
import { removeScratch } from "../../store/scratch.js";
import type { Store } from "../../store/store.js";
import { keepWork } from "./kept-work.js";
import { endProcesses } from "../process/processes.js";
import { endShortTmp } from "../process/short-tmp.js";

/**
 * Ends and removes what runs that were killed on this machine left: processes, work folders, locks. Gives a line for each
 * folder that cannot be removed.
 */
export async function endStaleRuns(store: Store, owner: string): Promise<string[]> {
  const stay: string[] = [];
  for (const dead of store.live.left()) stay.push(...(await endStaleRun(store, dead)));
  store.locks.sweep(owner);
  return stay;
}

/** The same of one owner that is dead. Another machine's processes are out of reach, and so keep their folder. */
export async function endStaleRun(store: Store, dead: string): Promise<string[]> {
  const owner = parseOwner(dead);
  if (owner === undefined || livenessOf(owner) !== "gone") return [];
  await endProcesses(undefined, owner.run, 0);
  return endWork(store, store.live.folderOf(dead));
}

/**
 * Removes the folder in which the steps of a run worked; what its attempts left behind is kept, as that of any attempt that
 * failed. Gives a line where it cannot be removed.
 */
async function endWork(store: Store, folder: string): Promise<string[]> {
  for (const attempt of attemptsIn(folder)) {
    endShortTmp(join(folder, attempt, "tmp"));
    const { name, kept } = attemptOf(attempt);
    if (kept && name !== undefined) await keepWork(store, join(folder, attempt), name);
  }
  const fault = await removeScratch(folder);
  return fault === undefined ? [] : [stayText(folder, fault)];
}

/** What is said of a work folder that stays. */
export function stayText(folder: string, fault: string): string {
  return `a work folder stays, because it cannot be removed: ${fault}; \`vistas gc\` tries again (${folder})`;
}

function attemptsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => ATTEMPT.test(name));
  } catch {
    return []; // Gone, or not to be read: then what removes it says so.
  }
}

/**
 * The name of an attempt's folder in that of its run. `name`: that of its instance, under which it stays if the attempt
 * fails, and is `kept`.
 */
export function attemptFolder(number: number, name: string, kept: boolean): string {
  return `${number}${kept ? "." : "-"}${name}`;
}

function attemptOf(folder: string): { name?: string; kept: boolean } {
  const [, sign, name] = ATTEMPT.exec(folder) ?? [];
  return { ...(name === undefined ? {} : { name }), kept: sign === "." };
}

const ATTEMPT = /^\d+(?:([.-])([\w-]+))?$/;

/** The instances, by the names of their folders, that a run is attempting at this moment. */
export function underWay(store: Store, owner: string): string[] {
  return attemptsIn(store.live.folderOf(owner)).flatMap(folder => attemptOf(folder).name ?? []);
}
