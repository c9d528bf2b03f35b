import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

/**
 * What a store calls the project of a run. A store that lies in the project, as by default, knows it by the way there,
 * so that the two may be moved together; a store that lies elsewhere, and may be shared, by the project's own path.
 */
export function projectIdentity(root: string, project: string): string {
  const [store, folder] = [real(root), real(project)];
  return `${store}${sep}`.startsWith(`${folder}${sep}`) ? relative(store, folder) || "." : folder;
}

/** The folder of the project that is called so. */
export function projectFolder(root: string, identity: string): string {
  return resolve(real(root), identity);
}

/** The path without links, also of what is not there yet. */
function real(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync.native(absolute);
  const above = dirname(absolute);
  return above === absolute ? absolute : join(real(above), basename(absolute));
}
