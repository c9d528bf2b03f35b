import { basename, dirname, join } from "node:path";
import type { BigIntStats } from "node:fs";
import type { Disk } from "./disk.js";
import { discard, fsyncFile, isTemporaryOf, remove, temporaryName } from "./files.js";

/**
 * Copies an artifact out, by reflink where the disk can; the copy is the user's own and may be written. Never a hard
 * link: what is written through one would be written into the store. A file appears under its name when it is
 * complete; one that is there already is replaced.
 */
export function copyOut(disk: Disk, from: string, to: string): void {
  const stat = disk.stat(from);
  if (stat?.isDirectory() === true) {
    disk.makeFolder(to);
    for (const name of disk.list(from)) copyOut(disk, join(from, name), join(to, name));
    return;
  }
  disk.makeFolder(dirname(to));
  clearLeftovers(disk, to);
  const temporary = temporaryName(to);
  try {
    disk.copy(from, temporary);
    disk.chmod(temporary, Number(stat?.mode ?? 0o444n) | 0o200);
    fsyncFile(disk, temporary);
    disk.rename(temporary, to);
  } catch (error) {
    discard(disk, temporary);
    throw error;
  }
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
