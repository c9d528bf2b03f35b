import type { BigIntStats } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { isCode, type Disk } from "../disk.js";
import type { Store } from "../store.js";

/**
 * Throws a `UsageError` where `to` cannot be brought about below `base`, a folder that the user named: where a folder
 * between them is a link, one of all above `to` is a file, or `to` is of the store itself (but for `published/`).
 */
export function refusePlace({ disk, root }: Store, base: string, to: string): void {
  for (let folder = dirname(to); ; folder = dirname(folder)) {
    const below = folder.length > base.length;
    if (below) refuseLink(disk, folder);
    const stat = statIfAny(disk, folder);
    if (stat?.isDirectory() === false)
      throw refusal(
        `${folder} is a file, and a folder is wanted there`,
        "Remove it, or give another folder.",
      );
    if (stat !== undefined && !below) break;
    if (dirname(folder) === folder) return;
  }
  const [store, place] = [realPath(disk, root) + sep, realPath(disk, to) + sep];
  if (store.startsWith(place) || (place.startsWith(store) && !place.startsWith(`${store}published${sep}`)))
    throw UsageError.ofCall(
      "inside-store",
      `${to} is the store's own${place.length > store.length ? "" : ", or holds it"}`,
      "Give a folder outside of it.",
    );
}

/** With every link followed, also of what is not there yet. */
function realPath(disk: Disk, path: string): string {
  if (statIfAny(disk, path) !== undefined || dirname(path) === path) return disk.realpath(path);
  return join(realPath(disk, dirname(path)), basename(path));
}

function statIfAny(disk: Disk, path: string): BigIntStats | undefined {
  try {
    return disk.stat(path);
  } catch (error) {
    if (isCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

function refusal(message: string, hint: string): UsageError {
  return UsageError.ofCall("would-overwrite", message, hint);
}

/** Throws a `UsageError` where there is a link at a path. */
export function refuseLink(disk: Disk, to: string): void {
  if (disk.lstat(to)?.isSymbolicLink() !== true) return;
  throw refusal(`${to} is a symbolic link, which is not followed`, "Remove it, or give another folder.");
}

/**
 * Throws a `UsageError` where a folder lacks one of the files at `paths`. Some disks take README and readme, or two Unicode forms of a name, for the same: one of the
 * files is then lost.
 */
export function refuseMerged(disk: Disk, folder: string, paths: readonly string[]): void {
  const names = paths.map(path => path.slice(path.lastIndexOf("/") + 1));
  const fold = (name: string): string =>
    (/^[\x20-\x7e]*$/.test(name) ? name : name.normalize("NFC")).toLowerCase();
  if (new Set(names.map(fold)).size === names.length) return;
  const there = new Set(disk.list(folder));
  const lost = names.find(name => !there.has(name));
  if (lost === undefined) return;
  const message = `the disk of ${folder} does not tell ${lost} from another name in the same folder`;
  throw UsageError.ofCall("merged-names", message, "Check it out to a disk that does.");
}
