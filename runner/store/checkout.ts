import type { BigIntStats } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import process from "node:process";
import { UsageError } from "../core/diagnostic.js";
import type { ArtifactRef } from "../core/record.js";
import { cloned, copyFile, UNABLE } from "./copy.js";
import { isCode, type Disk } from "./disk.js";
import { breather, discard, isTemporary, remove, removeEmpty, temporaryName, writerOf } from "./files.js";
import type { TreeEntry } from "./manifest.js";
import { exists } from "./owner.js";
import type { Store } from "./store.js";
import type { WrittenFiles } from "./written.js";

/** How a file is brought out of the store. */
export type Bringing = "copy" | "link";

/** What is to lie at an absolute path: an artifact whose bytes are whole at `from`, or nothing. */
export interface Target {
  readonly to: string;
  readonly artifact: { readonly ref: ArtifactRef; readonly from: string } | undefined;
}

/** A target, and what must be done so that it is the artifact and nothing else. */
export interface Difference {
  readonly target: Target;
  readonly entries: readonly TreeEntry[];
  /** Files that no checkout wrote, or that were changed since: they are lost if the target is brought about. */
  readonly foreign: readonly string[];
  /** Files and links that go, then folders that go, each after what is in it. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Paths in the artifact of files that are there already. */
  readonly kept: ReadonlySet<string>;
  readonly written: WrittenFiles;
}

/**
 * Brings artifacts out of a store. `copy`: by reflink where the disk can; they are the user's own and may be written.
 * `link`: by reflink, else as second names of the read-only objects, which take no room, else by copy; they are
 * read-only, and who makes one writable and writes damages what the store has, which is found out at its next use and
 * made again. No mode stops root, so root gets copies.
 *
 * A target becomes what its artifact is: equal files stay as they are, others are replaced, and what the artifact does
 * not have is removed. A file appears under its name when it is complete, and so does a folder that was not there; a
 * link is replaced, and nothing is written through one. Does not decide whether foreign files may be lost.
 */
export class Checkout {
  readonly #breath = breather();

  constructor(
    private readonly store: Store,
    private readonly how: Bringing = "copy",
    private readonly signal?: AbortSignal,
  ) {}

  /** Changes nothing. Throws a `UsageError` where a folder would have to be written through a link. */
  async compare(target: Target): Promise<Difference> {
    const { to, artifact } = target;
    const entries = artifact === undefined ? [] : this.store.objects.entries(artifact.ref);
    const written = this.store.written.files(to);
    const found = new Comparison(this.store, this.how, { target, entries, written });
    if (this.store.disk.lstat(to) !== undefined) await found.look(this.#pause);
    const { foreign, files, folders, kept } = found;
    return { target, entries, written, foreign, files, folders, kept };
  }

  /** Makes the target what the artifact is. Throws `UsageError` where the disk takes two names for one. */
  async bring({ target, entries, files, folders, kept, written }: Difference): Promise<void> {
    const { disk, written: memory } = this.store;
    const { to, artifact } = target;
    // What is not there yet appears as a whole, or not at all.
    if (disk.lstat(to) !== undefined) memory.put(to, entries, written);
    for (const path of files) {
      remove(disk, path);
      await this.#pause();
    }
    for (const folder of folders) removeEmpty(disk, folder);
    if (artifact === undefined) return;
    if (disk.lstat(to) === undefined) await this.#bringAnew(to, artifact, entries);
    else await this.#bringInto(to, artifact, entries, kept);
    memory.put(to, entries);
  }

  /** What is not there appears as a whole. */
  async #bringAnew(
    to: string,
    { ref, from }: NonNullable<Target["artifact"]>,
    entries: readonly TreeEntry[],
  ): Promise<void> {
    const { disk } = this.store;
    disk.makeFolder(dirname(to));
    this.#clearLeftovers(dirname(to));
    const temporary = temporaryIn(dirname(to));
    try {
      if (ref.type === "tree") {
        disk.makeFolder(temporary);
        await this.#bringFiles(temporary, from, entries, (...file) => this.#put(...file));
      } else await this.#put({ ...ref, type: ref.type }, from, temporary);
      disk.rename(temporary, to);
    } catch (error) {
      discard(disk, temporary);
      throw error;
    }
  }

  /** Into what is there, a file at a time. */
  async #bringInto(
    to: string,
    { ref, from }: NonNullable<Target["artifact"]>,
    entries: readonly TreeEntry[],
    kept: ReadonlySet<string>,
  ): Promise<void> {
    const missing = entries.filter(({ path }) => !kept.has(path));
    if (ref.type === "tree") await this.#bringFiles(to, from, missing, (...file) => this.#replace(...file));
    else if (missing.length > 0) await this.#replace({ ...ref, type: ref.type }, from, to);
  }

  async #bringFiles(
    to: string,
    from: string,
    entries: readonly TreeEntry[],
    put: (file: File, from: string, to: string) => Promise<void>,
  ): Promise<void> {
    const { disk } = this.store;
    const made = new Set<string>();
    const folder = (path: string): void => {
      if (made.has(path)) return;
      made.add(path);
      disk.makeFolder(join(to, path));
    };
    folder("");
    const names = new Map<string, string[]>();
    for (const entry of entries) {
      const { path } = entry;
      const parent = parentOf(path);
      folder(entry.type === "folder" ? path : parent);
      if (entry.type === "folder") continue;
      await put(entry, `${from}/${path}`, `${to}/${path}`);
      const siblings = names.get(parent);
      if (siblings === undefined) names.set(parent, [path]);
      else siblings.push(path);
      await this.#pause();
    }
    for (const [parent, paths] of names) refuseMerged(disk, join(to, parent), paths);
  }

  async #replace(file: File, from: string, to: string): Promise<void> {
    const { disk } = this.store;
    const temporary = temporaryIn(dirname(to));
    try {
      await this.#put(file, from, temporary);
      disk.rename(temporary, to);
    } catch (error) {
      discard(disk, temporary);
      throw error;
    }
  }

  async #put({ type, bytes }: File, from: string, to: string): Promise<void> {
    const { disk } = this.store;
    if (this.how === "link" && linked(disk, from, to)) return;
    const mode = type === "executable" ? 0o755 : 0o644;
    await copyFile(disk, { path: from, bytes, mode }, to, this.signal);
  }

  /** What checkouts that were killed have left. */
  #clearLeftovers(folder: string): void {
    for (const name of this.store.disk.list(folder))
      if (isLeftover(name)) remove(this.store.disk, join(folder, name));
  }

  readonly #pause = async (): Promise<void> => {
    this.signal?.throwIfAborted();
    await this.#breath();
  };
}

/** A file of an artifact. */
interface File {
  readonly type: "file" | "executable";
  readonly bytes: number;
}

/** What is at a target, held against what is to be there. */
class Comparison {
  readonly foreign: string[] = [];
  readonly files: string[] = [];
  readonly folders: string[] = [];
  readonly kept = new Set<string>();
  readonly #store: Store;
  readonly #how: Bringing;
  readonly #target: Target;
  readonly #written: WrittenFiles;
  readonly #wanted: ReadonlyMap<string, TreeEntry>;
  readonly #wantedFolders: ReadonlySet<string>;

  constructor(
    store: Store,
    how: Bringing,
    { target, entries, written }: Pick<Difference, "target" | "entries" | "written">,
  ) {
    this.#store = store;
    this.#how = how;
    this.#target = target;
    this.#written = written;
    this.#wanted = new Map(entries.map(entry => [entry.path, entry]));
    this.#wantedFolders = target.artifact?.ref.type === "tree" ? foldersOf(entries) : new Set();
  }

  async look(pause: () => Promise<void>): Promise<void> {
    const { disk } = this.#store;
    const ahead = [""];
    for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
      await pause();
      const file = this.#place(path);
      const stat = disk.lstat(file);
      if (stat === undefined) continue;
      const isWanted = this.#wantedFolders.has(path);
      if (isWanted) refuseLink(disk, file);
      if (!stat.isDirectory()) await this.#judge(path, file, stat);
      else {
        if (!isWanted) this.folders.push(file);
        for (const name of disk.list(file)) ahead.push(path === "" ? name : `${path}/${name}`);
      }
    }
    // A folder comes after what is in it.
    this.folders.reverse();
  }

  async #judge(path: string, file: string, stat: BigIntStats): Promise<void> {
    const wanted = this.#wanted.get(path);
    const before = this.#written.get(path);
    const isSize = wanted !== undefined && wanted.type !== "folder" && BigInt(wanted.bytes) === stat.size;
    // What has another size than it should, and was not written by a checkout, need not be read.
    const digest =
      stat.isFile() && (isSize || before !== undefined)
        ? await this.#store.digester.file(file, stat)
        : undefined;
    if (isSize && digest === wanted.digest) {
      if (this.#how === "copy" && this.#isOfStore(path, stat)) return;
      if (((stat.mode & 0o100n) !== 0n) !== (wanted.type === "executable")) return;
      this.kept.add(path);
      return;
    }
    const isOurs = digest !== undefined && before?.has(digest) === true;
    if (!isOurs && !isLeftover(file)) this.foreign.push(file);
    // A file is replaced in one step.
    if (wanted === undefined || wanted.type === "folder") this.files.push(file);
  }

  /** A second name of the store's own file is not the user's to write. */
  #isOfStore(path: string, stat: BigIntStats): boolean {
    const { artifact } = this.#target;
    if (stat.nlink === 1n || artifact === undefined) return false;
    const own = this.#store.disk.stat(path === "" ? artifact.from : join(artifact.from, path));
    return own?.ino === stat.ino && own.dev === stat.dev;
  }

  #place(path: string): string {
    return path === "" ? this.#target.to : join(this.#target.to, path);
  }
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

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
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

function refuseLink(disk: Disk, to: string): void {
  if (disk.lstat(to)?.isSymbolicLink() !== true) return;
  throw refusal(`${to} is a symbolic link, which is not followed`, "Remove it, or give another folder.");
}

/** Some disks take README and readme, or two Unicode forms of a name, for the same: one of the files is then lost. */
function refuseMerged(disk: Disk, folder: string, paths: readonly string[]): void {
  const names = paths.map(path => path.slice(path.lastIndexOf("/") + 1));
  const fold = (name: string): string => name.normalize("NFC").toLowerCase();
  if (new Set(names.map(fold)).size === names.length) return;
  const there = new Set(disk.list(folder));
  const lost = names.find(name => !there.has(name));
  if (lost === undefined) return;
  const message = `the disk of ${folder} does not tell ${lost} from another name in the same folder`;
  throw UsageError.ofCall("merged-names", message, "Check it out to a disk that does.");
}

/** In the folder of what it is to become, so that it can be moved there; short, whatever that is called. */
function temporaryIn(folder: string): string {
  return temporaryName(join(folder, LEFTOVER));
}

function isLeftover(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.startsWith(`${LEFTOVER}.`) && isTemporary(name) && !exists(writerOf(name) ?? 0);
}

const LEFTOVER = ".vistas-checkout";
