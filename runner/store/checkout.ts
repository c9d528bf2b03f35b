import { basename, dirname, join } from "node:path";
import process from "node:process";
import type { BigIntStats } from "node:fs";
import { UsageError } from "../core/diagnostic.js";
import { isCode, type Disk } from "./disk.js";
import { discard, fsyncFile, isTemporaryOf, remove, temporaryName } from "./files.js";

/** How a file is brought out of the store. */
export type Bringing = "copy" | "link";

/**
 * Brings an artifact out. `copy`: by reflink where the disk can; it is the user's own and may be written. `link`: by
 * reflink, else as a second name of the read-only object, which takes no room, else by copy; it is read-only, and who
 * gives himself leave and writes damages what the store has, which is found out at its next use and made again. Root
 * needs no leave, so root gets copies. A file appears under its name when it is complete; one that is there already is
 * replaced, a link too: nothing is written through one. Throws a `UsageError` where a folder would have to be written
 * through a link, and where the disk takes two names of a folder for one.
 */
export function copyOut(disk: Disk, from: string, to: string, how: Bringing = "copy"): void {
  const stat = disk.stat(from);
  if (stat?.isDirectory() === true) {
    refuseLink(disk, to);
    disk.makeFolder(to);
    const names = disk.list(from);
    for (const name of names) copyOut(disk, join(from, name), join(to, name), how);
    refuseMerged(disk, names, to);
    return;
  }
  disk.makeFolder(dirname(to));
  clearLeftovers(disk, to);
  const temporary = temporaryName(to);
  try {
    if (how === "copy" || !linked(disk, from, temporary)) {
      disk.copy(from, temporary);
      disk.chmod(temporary, Number(stat?.mode ?? 0o444n) | 0o200);
      fsyncFile(disk, temporary);
    }
    disk.rename(temporary, to);
  } catch (error) {
    discard(disk, temporary);
    throw error;
  }
}

/** Whether a file that takes no room of its own could be made. */
function linked(disk: Disk, from: string, to: string): boolean {
  for (const how of process.getuid?.() === 0 ? (["clone"] as const) : (["clone", "link"] as const)) {
    try {
      disk[how](from, to);
      return true;
    } catch (error) {
      if (!isCode(error, ...UNABLE)) throw error;
      discard(disk, to);
    }
  }
  return false;
}

/** What systems say of disks that can neither share blocks nor give a file two names. */
const UNABLE = ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOSYS", "ENOTTY", "EPERM", "EMLINK"];

/** Throws a `UsageError` where a folder between `base`, which the user named, and `to` is a link. */
export function refuseLinksBelow(disk: Disk, base: string, to: string): void {
  for (let folder = dirname(to); folder.length > base.length; folder = dirname(folder))
    refuseLink(disk, folder);
}

function refuseLink(disk: Disk, to: string): void {
  if (disk.lstat(to)?.isSymbolicLink() !== true) return;
  const hint = "Remove it, or give another folder.";
  throw UsageError.ofCall("would-overwrite", `${to} is a symbolic link, which is not followed`, hint);
}

/** Some disks take README and readme, or two Unicode forms of a name, for the same: one of the files is then lost. */
function refuseMerged(disk: Disk, names: readonly string[], to: string): void {
  const fold = (name: string): string => name.normalize("NFC").toLowerCase();
  if (new Set(names.map(fold)).size === names.length) return;
  const there = new Set(disk.list(to));
  const lost = names.find(name => !there.has(name));
  if (lost === undefined) return;
  const message = `the disk of ${to} does not tell ${lost} from another name in the same folder`;
  throw UsageError.ofCall("merged-names", message, "Check it out to a disk that does.");
}

/** What a checkout of the same file that was killed has left. */
function clearLeftovers(disk: Disk, to: string): void {
  for (const name of disk.list(dirname(to)))
    if (isTemporaryOf(basename(to), name)) remove(disk, join(dirname(to), name));
}

/** A file at `to` that copying `from` would overwrite with other bytes. */
export function differingFile(disk: Disk, from: string, to: string): string | undefined {
  const there = disk.stat(to);
  if (there === undefined) return undefined;
  const source = disk.stat(from);
  if (source?.isDirectory() === true) refuseLink(disk, to);
  if (source?.isDirectory() !== there.isDirectory()) return to;
  if (!source.isDirectory()) return sameFile(disk, from, source, to, there) ? undefined : to;
  for (const name of disk.list(from)) {
    const found = differingFile(disk, join(from, name), join(to, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function sameFile(disk: Disk, a: string, statA: BigIntStats, b: string, statB: BigIntStats): boolean {
  return statA.size === statB.size && disk.readFile(a).equals(disk.readFile(b));
}
