import { statSync } from "node:fs";
import { resolve } from "node:path";
import { writeAtomic } from "../../store/files.js";
import type { Store } from "../../store/store.js";
import type { Lock } from "../../lock/lock.js";
import { readLock } from "../../lock/read.js";
import { renderLock } from "../../lock/write.js";
import { projectOf } from "../../core/project-folder.js";
import { linkOutOf, readUserFile, withoutTextsOf } from "../../pipeline/document/user-text.js";
import type { Session } from "./session.js";

/** `pipelines/p.yaml` -> `pipelines/p.lock.json`, unless another is named. */
export function lockFileOf(pipeline: string, named: string | undefined): string {
  return named ?? pipeline.replace(/\.ya?ml$/i, ".lock.json");
}

/** The lock beside a pipeline; nothing where there is none. Throws a `UsageError` for one that cannot be believed. */
export function loadLock(session: Session, pipeline: string, file: string): Lock | undefined {
  if (isMissing(resolve(session.cwd, file))) return undefined;
  const text = readLockText(session, file);
  const real = linkOutOf(projectOf(resolve(session.cwd, pipeline)), resolve(session.cwd, file));
  try {
    return readLock(text, file);
  } catch (error) {
    throw real === undefined ? error : withoutTextsOf(new Map([[file, real]]), error);
  }
}

function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // It may be there: reading it says what stands in the way.
    return false;
  }
}

/** Throws a `UsageError` for what is not a file, or far larger than any lock. */
export function readLockText(session: Session, file: string): string {
  return readUserFile(file, session.cwd, MAX_LOCK_BYTES).toString("utf8");
}

/** The most instances that a pipeline may have, with some 2,000 bytes for each. */
const MAX_LOCK_BYTES = 256 * 2 ** 20;

export function saveLock(session: Session, store: Store, file: string, lock: Lock): void {
  writeAtomic(store.disk, resolve(session.cwd, file), renderLock(lock));
}
