import { lstatSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { sha256 } from "../../cache/hash.js";
import { isCode } from "../../store/disk.js";

/**
 * A short name for a step's folder of temporary files, to be its TMPDIR: a link in /tmp. The path of a Unix socket has at
 * most 107 bytes, and what opens one in TMPDIR (multiprocessing, data loaders, MPI) wants some 60 of them for itself. The
 * files lie in the work folder all the same. Where no link can be made, the folder itself.
 */
export function shortTmp(folder: string): string {
  const link = linkOf(folder);
  try {
    symlinkSync(folder, link);
    return link;
  } catch (error) {
    // One of this very folder was left by a run that was killed.
    return isCode(error, "EEXIST") && leadsTo(link, folder) ? link : folder;
  }
}

/** Removes the link, if there is one. */
export function endShortTmp(folder: string): void {
  const link = linkOf(folder);
  try {
    if (leadsTo(link, folder)) unlinkSync(link);
  } catch {
    // It leads nowhere from now on, and takes no room.
  }
}

/** The name in /tmp of a folder. */
export function linkOf(folder: string): string {
  return `/tmp/vistas-${sha256(folder).slice(0, 12)}`;
}

/** Anyone may put something under a name in /tmp. */
function leadsTo(link: string, folder: string): boolean {
  return (
    lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(link) === folder
  );
}
