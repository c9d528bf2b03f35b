import { dirname, join, resolve } from "node:path";
import { projectOf } from "../../core/project-folder.js";
import { readLock } from "../../lock/read.js";
import { projectFolder } from "../../store/project.js";
import { listIfAny } from "../../store/files.js";
import type { Store } from "../../store/store.js";
import { readLockText } from "./lock-file.js";
import type { Session } from "./session.js";

/**
 * Keys whose results published locks need: of `*.lock.json` beside the pipelines of the project, that is in the folders
 * of the given pipeline and of those in past runs; and of the `named` files. Throws a `UsageError` for a lock that cannot
 * be read, for what it needs is not known. Files of that name that are not locks of vistas are left alone.
 */
export function lockedKeys(
  session: Session,
  store: Store,
  pipeline: string,
  named: readonly string[],
): Set<string> {
  const file = resolve(session.cwd, pipeline);
  const project = projectOf(file);
  const folders = new Set([dirname(file), project, join(project, "pipelines")]);
  for (const id of store.runs.ids()) {
    const run = store.runs.get(id);
    if (run !== undefined) folders.add(resolve(projectFolder(store.root, run.project), dirname(run.file)));
  }
  const beside = [...folders].flatMap(folder =>
    (listIfAny(store.disk, folder) ?? [])
      .filter(name => name.endsWith(".lock.json"))
      .map(name => join(folder, name)),
  );
  const keys = new Set<string>();
  const read = (path: string, sure: boolean): void => {
    const text = readLockText(session, path);
    if (!sure && !text.includes('"vistas"')) return;
    for (const { key } of readLock(text, path).steps.values()) keys.add(key);
  };
  for (const path of beside) read(path, false);
  for (const path of named) read(resolve(session.cwd, path), true);
  return keys;
}
