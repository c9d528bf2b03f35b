import {
  constants,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  type Stats,
} from "node:fs";
import { dirname, join } from "node:path";

/** Copies an artifact out, by reflink where the disk can; the copy is the user's own and may be written. */
export function copyOut(from: string, to: string): void {
  const stat = statSync(from);
  if (stat.isDirectory()) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) copyOut(join(from, name), join(to, name));
    return;
  }
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, stat.mode | 0o200);
}

/** A file at `to` that copying `from` would overwrite with other bytes. */
export function differingFile(from: string, to: string): string | undefined {
  const there = statSync(to, { throwIfNoEntry: false });
  if (there === undefined) return undefined;
  const source = statSync(from);
  if (source.isDirectory() !== there.isDirectory()) return to;
  if (!source.isDirectory()) return sameFile(from, source, to, there) ? undefined : to;
  for (const name of readdirSync(from)) {
    const found = differingFile(join(from, name), join(to, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function sameFile(a: string, statA: Stats, b: string, statB: Stats): boolean {
  return statA.size === statB.size && readFileSync(a).equals(readFileSync(b));
}
