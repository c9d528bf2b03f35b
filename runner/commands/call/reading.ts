import { isCode } from "../../store/disk.js";
import { isFull } from "../../store/files.js";
import type { Entered } from "../../store/locks/liveness.js";
import type { Store } from "../../store/store.js";
import { enterShared, READING, turnText } from "../../store/locks/turns.js";
import type { Session } from "./session.js";

/** Reads results out of a store: a gc that is at work is waited for, and one that comes waits. */
export async function reading<T>(
  { stderr, signal }: Pick<Session, "stderr" | "signal">,
  store: Store,
  act: () => Promise<T>,
): Promise<T> {
  const entered = await enter(store, {
    waits: other => void stderr.write(`waits for ${turnText(other)} to be done\n`),
    signal,
  });
  try {
    return await act();
  } finally {
    entered?.leave();
  }
}

/** Nothing for a store that cannot be written, or is full: it can be read all the same. */
async function enter(store: Store, hooks: Parameters<typeof enterShared>[2]): Promise<Entered | undefined> {
  try {
    return await enterShared(store, `${READING}${count++}`, hooks);
  } catch (error) {
    if (isFull(error) || isCode(error, "EACCES", "EPERM", "EROFS")) return undefined;
    throw error;
  }
}

/** Of this process: an owner is one reading alone. */
let count = 0;
