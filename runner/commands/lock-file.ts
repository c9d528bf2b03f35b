import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isCode } from "../store/disk.js";
import { writeAtomic } from "../store/files.js";
import type { Store } from "../store/store.js";
import type { Lock } from "../lock/lock.js";
import { readLock } from "../lock/read.js";
import { renderLock } from "../lock/write.js";
import type { Session } from "./session.js";

/** `pipelines/p.yaml` -> `pipelines/p.lock.json`, unless another is named. */
export function lockFileOf(pipeline: string, named: string | undefined): string {
  return named ?? pipeline.replace(/\.ya?ml$/i, ".lock.json");
}

/** The lock beside a pipeline; nothing where there is none. Throws a `UsageError` for one that cannot be believed. */
export function loadLock(session: Session, file: string): Lock | undefined {
  let text: string;
  try {
    text = readFileSync(resolve(session.cwd, file), "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
  return readLock(text, file);
}

export function saveLock(session: Session, store: Store, file: string, lock: Lock): void {
  writeAtomic(store.disk, resolve(session.cwd, file), renderLock(lock));
}
