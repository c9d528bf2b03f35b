import { fateOf, parseOwner } from "../store/owner.js";
import { remove } from "../store/files.js";
import type { Store } from "../store/store.js";
import { endProcesses } from "./processes.js";

/** Ends and removes what runs that were killed on this machine left: processes, work folders, holds. */
export async function sweepRemains(store: Store, owner: string): Promise<void> {
  for (const dead of store.live.left()) await endRemains(store, dead);
  store.holds.sweep(owner);
}

/** The same of one owner that is dead. Another machine's processes are out of reach, and so keep their folder. */
export async function endRemains(store: Store, dead: string): Promise<void> {
  const owner = parseOwner(dead);
  if (owner === undefined || fateOf(owner) !== "gone") return;
  await endProcesses(undefined, owner.run, 0);
  remove(store.disk, store.live.folderOf(dead));
}
