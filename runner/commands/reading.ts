import { isCode } from "../store/disk.js";
import { isFull } from "../store/files.js";
import type { Entered } from "../store/live.js";
import type { Store } from "../store/store.js";

/** Reads results of these keys out of a store, which a gc at the same time leaves alone until it is done. */
export async function reading<T>(
  store: Store,
  keys: readonly (string | null)[],
  act: () => Promise<T>,
): Promise<T> {
  const entered = enter(store);
  try {
    for (const key of keys) if (key !== null) entered?.uses(key);
    return await act();
  } finally {
    entered?.leave();
  }
}

/** Nothing for a store that cannot be written, or is full: it can be read all the same. */
function enter(store: Store): Entered | undefined {
  try {
    return store.live.enter(`reading-${count++}`);
  } catch (error) {
    if (isFull(error) || isCode(error, "EACCES", "EPERM", "EROFS")) return undefined;
    throw error;
  }
}

/** Of this process: an owner is one reading alone. */
let count = 0;
