import type { BigIntStats } from "node:fs";

import type { ArtifactRef } from "../../core/record.js";
import { isTemporary, temporaryName, writerOf } from "../files.js";
import type { TreeEntry } from "../objects/manifest.js";
import { exists } from "../locks/owner.js";
import type { Store } from "../store.js";
import { refuseLink } from "./target-place.js";
import type { WrittenFiles } from "./written.js";

/** What is to lie at an absolute path: an artifact whose bytes lie at `from`, or nothing. */
export interface Target {
  readonly to: string;
  readonly artifact: { readonly ref: ArtifactRef; readonly from: string } | undefined;
}

/** A target, and what must be done so that it is the artifact and nothing else. */
export interface Difference {
  readonly target: Target;
  readonly entries: readonly TreeEntry[];
  /** Whether anything lies at the target. */
  readonly isThere: boolean;
  /** Files that no checkout wrote, or that were changed since: they are lost if the target is brought about. */
  readonly foreign: readonly string[];
  /** Files and links that go, then folders that go, each after what is in it. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Paths in the artifact of files that are there already. */
  readonly kept: ReadonlySet<string>;
  readonly written: WrittenFiles;
}

/** KeyLocks what lies at a target against what is to be there. `mayLink`: a second name of a file of the store will do. */
export async function differenceOf(
  store: Store,
  target: Target,
  entries: readonly TreeEntry[],
  { mayLink, pause }: { readonly mayLink: boolean; readonly pause: () => Promise<void> },
): Promise<Difference> {
  const { to, artifact } = target;
  const { disk } = store;
  const written = store.written.files(to);
  const isThere = disk.lstat(to) !== undefined;
  const found = { foreign: [] as string[], files: [] as string[], folders: [] as string[] };
  const kept = new Set<string>();
  const difference = { target, entries, isThere, ...found, kept, written };
  if (!isThere) return difference;
  const wanted = new Map(entries.map(entry => [entry.path, entry]));
  const wantedFolders = artifact?.ref.type === "tree" ? foldersOf(entries) : new Set<string>();
  const ahead = [""];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    await pause();
    const file = placeIn(to, path);
    const stat = disk.lstat(file);
    if (stat === undefined) continue;
    if (wantedFolders.has(path)) refuseLink(disk, file);
    if (stat.isDirectory()) {
      if (!wantedFolders.has(path)) found.folders.push(file);
      for (const name of disk.list(file)) ahead.push(path === "" ? name : `${path}/${name}`);
      continue;
    }
    const entry = wanted.get(path);
    const before = written.get(path);
    const isSize = entry !== undefined && entry.type !== "folder" && BigInt(entry.bytes) === stat.size;
    // What has another size than it should, and was not written by a checkout, need not be read.
    const isRead = stat.isFile() && (isSize || before !== undefined);
    const digest = isRead ? await store.digester.file(file, stat) : undefined;
    if (isSize && digest === entry.digest) {
      const isExecutable = (stat.mode & 0o100n) !== 0n;
      const isFit = isExecutable === (entry.type === "executable");
      if (isFit && (mayLink || !isOfStore(store, target, path, stat))) kept.add(path);
      continue;
    }
    const isOurs = digest !== undefined && before?.has(digest) === true;
    if (!isOurs && !isLeftover(file)) found.foreign.push(file);
    // A file is replaced in one step.
    if (entry === undefined || entry.type === "folder") found.files.push(file);
  }
  // A folder comes after what is in it.
  found.folders.reverse();
  return difference;
}

/** Whether a file is a second name of the store's own, which is not the user's to write. */
function isOfStore({ disk }: Store, { artifact }: Target, path: string, stat: BigIntStats): boolean {
  if (stat.nlink === 1n || artifact === undefined) return false;
  const own = disk.stat(placeIn(artifact.from, path));
  return own?.ino === stat.ino && own.dev === stat.dev;
}

/** The place of an entry of an artifact at `folder`; `""` is the artifact itself. */
export function placeIn(folder: string, path: string): string {
  return path === "" ? folder : `${folder}/${path}`;
}

/** A tree's own folder (`""`), all above its entries, and those that are entries. */
function foldersOf(entries: readonly TreeEntry[]): Set<string> {
  const folders = new Set<string>([""]);
  for (const { path, type } of entries) {
    if (type === "folder") folders.add(path);
    for (let above = parentOf(path); !folders.has(above); above = parentOf(above)) folders.add(above);
  }
  return folders;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** A name in the folder of what it is to become, so that it can be moved there; short, whatever that is called. */
export function temporaryIn(folder: string): string {
  return temporaryName(`${folder}/${LEFTOVER}`);
}

/** Whether a checkout that was killed has left a file or folder. */
export function isLeftover(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.startsWith(`${LEFTOVER}.`) && isTemporary(name) && !exists(writerOf(name) ?? 0);
}

const LEFTOVER = ".vistas-checkout";
