import { dirname, join } from "node:path";
import process from "node:process";
import { cloned, copyFile, UNABLE } from "../objects/copy.js";
import { isCode, type Disk } from "../disk.js";
import { breather, discard, remove, removeEmpty } from "../files.js";
import type { TreeEntry } from "../objects/manifest.js";
import type { Store } from "../store.js";
import {
  differenceOf,
  isLeftover,
  parentOf,
  placeIn,
  temporaryIn,
  type Difference,
  type Target,
} from "./comparison.js";
import { copyFiles, DamagedFile, isDamagedFile, SMALL, SmallCopier, type SmallCopy } from "./copies.js";
import { refuseMerged } from "./target-place.js";

/** How a file is brought out of the store. */
export type Bringing = "copy" | "link";

/**
 * Brings artifacts out of a store. `copy`: by reflink where the disk can; they are the user's own and may be written.
 * `link`: by reflink, else as second names of the read-only objects, which take no room, else by copy; they are
 * read-only, and who makes one writable and writes damages what the store has, which is found out at its next use and
 * made again. No mode stops root, so root gets copies.
 *
 * A target becomes what its artifact is: equal files stay as they are, others are replaced, and what the artifact does
 * not have is removed. A file appears under its name when it is complete, and so does a folder that was not there; a
 * link is replaced, and nothing is written through one. Bytes are checked before they are given, and before anything is
 * removed for them. Does not decide whether foreign files may be lost.
 */
export class Checkout {
  readonly #breath = breather();
  /** Whether the disk shares blocks; known from the first file. */
  #clones: boolean | undefined;

  constructor(
    private readonly store: Store,
    private readonly how: Bringing = "copy",
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Changes nothing. Throws a `UsageError` where a folder would have to be written through a link, and a `DamagedFile`
   * where the artifact is not whole.
   */
  async compare(target: Target): Promise<Difference> {
    const { objects } = this.store;
    const { artifact } = target;
    const mayLink = this.how === "link";
    const entries = artifact === undefined ? [] : objects.entries(artifact.ref);
    if (entries === undefined) throw new DamagedFile(target.to);
    const difference = await differenceOf(this.store, target, entries, { mayLink, pause: this.#pause });
    // What appears as a whole is checked as it is copied.
    if (difference.isThere || mayLink) await this.#heal(target);
    return difference;
  }

  /** Makes the target what the artifact is. Throws `UsageError` where the disk takes two names for one. */
  async bring({ target, entries, isThere, files, folders, kept, written }: Difference): Promise<void> {
    const { disk, written: memory } = this.store;
    const { to, artifact } = target;
    if (isThere) memory.put(to, entries, written);
    for (const path of files) {
      remove(disk, path);
      await this.#pause();
    }
    for (const folder of folders) removeEmpty(disk, folder);
    if (artifact === undefined) return;
    if (disk.lstat(to) !== undefined) {
      const missing = entries.filter(({ path }) => !kept.has(path));
      await this.#bringInto(to, artifact, missing);
    } else {
      try {
        await this.#bringAnew(to, artifact, entries);
      } catch (error) {
        if (!isDamagedFile(error)) throw error;
        // A folder that was laid out wrongly may be put right again.
        await this.#heal(target);
        await this.#bringAnew(to, artifact, entries);
      }
    }
    memory.put(to, entries);
  }

  async #heal({ artifact }: Target): Promise<void> {
    if (artifact !== undefined && (await this.store.objects.heal(artifact.ref)) !== "whole")
      throw new DamagedFile(artifact.from);
  }

  /** What is not there appears as a whole. */
  async #bringAnew(to: string, { ref, from }: Artifact, entries: readonly TreeEntry[]): Promise<void> {
    const { disk } = this.store;
    const folder = dirname(to);
    disk.makeFolder(folder);
    // What checkouts that were killed have left.
    for (const name of disk.list(folder)) if (isLeftover(name)) remove(disk, join(folder, name));
    const temporary = temporaryIn(folder);
    try {
      const names = ref.type === "tree" ? this.#makeFolders(temporary, entries) : [];
      const small: SmallCopy[] = [];
      for (const entry of entries) {
        if (entry.type === "folder") continue;
        const copy = copyOf(entry, from, temporary);
        if (this.#isCopied(copy)) small.push(copy);
        else await this.#put(copy);
      }
      await copyFiles(disk, small, this.signal);
      for (const [parent, paths] of names) refuseMerged(disk, placeIn(temporary, parent), paths);
      disk.rename(temporary, to);
    } catch (error) {
      discard(disk, temporary);
      throw error;
    }
  }

  /** Into what is there, a file at a time. */
  async #bringInto(to: string, { ref, from }: Artifact, entries: readonly TreeEntry[]): Promise<void> {
    const { disk } = this.store;
    const names = ref.type === "tree" ? this.#makeFolders(to, entries) : [];
    const copier = new SmallCopier(disk);
    for (const entry of entries) {
      if (entry.type === "folder") continue;
      const copy = copyOf(entry, from, to);
      const temporary = temporaryIn(dirname(copy.to));
      try {
        const aside = { ...copy, to: temporary };
        if (this.#isCopied(copy)) copier.copy(aside);
        else await this.#put(aside);
        disk.rename(temporary, copy.to);
      } catch (error) {
        discard(disk, temporary);
        throw error;
      }
      await this.#pause();
    }
    for (const [parent, paths] of names) refuseMerged(disk, placeIn(to, parent), paths);
  }

  /** Makes the folders of a tree; gives the paths of the files in each. */
  #makeFolders(to: string, entries: readonly TreeEntry[]): ReadonlyMap<string, readonly string[]> {
    const names = new Map<string, string[]>();
    for (const { path, type } of entries) {
      const parent = type === "folder" ? path : parentOf(path);
      const known = names.get(parent) ?? [];
      if (!names.has(parent)) names.set(parent, known);
      if (type !== "folder") known.push(path);
    }
    for (const folder of names.keys()) this.store.disk.makeFolder(placeIn(to, folder));
    if (!names.has("")) this.store.disk.makeFolder(to);
    return names;
  }

  /** Whether a file is small, and copied byte by byte: neither linked, nor made of shared blocks. */
  #isCopied({ from, to, bytes }: SmallCopy): boolean {
    if (this.how === "link" || bytes > SMALL) return false;
    if (this.#clones === undefined) {
      const { disk } = this.store;
      const probe = temporaryIn(dirname(to));
      this.#clones = disk.lstat(from) !== undefined && cloned(disk, from, probe);
      if (this.#clones) discard(disk, probe);
    }
    return !this.#clones;
  }

  async #put({ from, to, bytes, digest, mode }: SmallCopy): Promise<void> {
    const { disk, digester } = this.store;
    if (this.how === "link" && linked(disk, from, to)) return;
    const stat = disk.lstat(from);
    if (stat?.isFile() !== true || (await digester.file(from, stat)) !== digest) throw new DamagedFile(from);
    await copyFile(disk, { path: from, bytes, mode }, to, this.signal);
    await this.#pause();
  }

  readonly #pause = async (): Promise<void> => {
    this.signal?.throwIfAborted();
    await this.#breath();
  };
}

type Artifact = NonNullable<Target["artifact"]>;

function copyOf(
  { path, type, bytes, digest }: Exclude<TreeEntry, { type: "folder" }>,
  from: string,
  to: string,
): SmallCopy {
  const mode = type === "executable" ? 0o755 : 0o644;
  return { from: placeIn(from, path), to: placeIn(to, path), bytes, digest, mode };
}

/** Whether a file that takes no room of its own could be made. */
function linked(disk: Disk, from: string, to: string): boolean {
  if (cloned(disk, from, to)) return true;
  if (process.getuid?.() === 0) return false;
  try {
    disk.link(from, to);
    return true;
  } catch (error) {
    if (!isCode(error, ...UNABLE)) throw error;
    return false;
  }
}
