import { dirname, join } from "node:path";
import { sha256 } from "../../cache/hash.js";
import type { ArtifactRef } from "../../core/record.js";
import { copyFile } from "./copy.js";
import { Digester, UnreadableInput } from "./digest.js";
import { isCode, type Disk } from "../disk.js";
import {
  breather,
  discard,
  flushFile,
  inFolder,
  listIfAny,
  moved,
  remove,
  removeEmpty,
  temporaryName,
  writeAtomic,
  writeDisposable,
} from "../files.js";
import {
  manifestOf,
  MOST_MANIFEST,
  manifestRef,
  namesByFolder,
  parseManifest,
  type TreeEntry,
} from "./manifest.js";
import { paths } from "../paths.js";
import { bootId } from "../locks/owner.js";
import type { StatCache } from "../memory/stat-cache.js";

export type Health = "whole" | "missing" | "damaged";

/**
 * Artifacts by content: `objects/` holds each distinct file once, read-only, under its digest, and a folder's
 * manifest as `<digest>.tree`; `trees/` holds folders laid out for reading, their files hard links to objects.
 * A name exists only when its bytes are complete. Bytes are checked by the stat cache's rules before they are
 * served; what is found damaged is dropped, so that the next run makes it anew.
 */
export class Objects {
  readonly #digester: Digester;

  constructor(
    private readonly root: string,
    private readonly stats: StatCache,
    private readonly disk: Disk,
  ) {
    this.#digester = new Digester(stats, disk);
  }

  /** Where an artifact's bytes are: a file, or a folder for a tree. Call `check` first. */
  path(ref: ArtifactRef): string {
    if (ref.temporary !== undefined) return join(this.root, paths.interim(ref.temporary));
    return ref.type === "tree" ? this.#tree(ref.digest) : this.#blob(ref.type, ref.digest);
  }

  /**
   * What an artifact that is whole consists of, by path in it: of a file, which has no path of its own, itself under
   * `""`. Nothing for a folder whose manifest is not there or damaged.
   */
  entries(ref: ArtifactRef): readonly TreeEntry[] | undefined {
    const { type, digest, bytes } = ref;
    if (type !== "tree") return [{ path: "", type, digest, bytes }];
    const entries = this.#manifest(
      digest,
      ref.temporary === undefined ? undefined : this.#besideInterim(ref),
    );
    return typeof entries === "string" ? undefined : entries;
  }

  /** Whether the bytes are all there and right. Does not change the store. */
  async check(ref: ArtifactRef): Promise<Health> {
    if (ref.temporary !== undefined) return this.#checkInterim(ref);
    if (ref.type !== "tree") return this.#checkFile(this.path(ref), { ...ref, type: ref.type });
    const entries = this.#manifest(ref.digest);
    if (typeof entries === "string") return entries;
    return this.#checkTree(this.path(ref), entries);
  }

  /** `check`, and a tree whose layout alone is damaged is laid out again from its objects. */
  async heal(ref: ArtifactRef): Promise<Health> {
    const health = await this.check(ref);
    if (health === "whole" || ref.type !== "tree" || ref.temporary !== undefined) return health;
    const entries = this.#manifest(ref.digest);
    if (typeof entries === "string") return entries;
    for (const e of entries) {
      if (e.type === "folder") continue;
      const blob = await this.#checkFile(this.#blob(e.type, e.digest), e);
      if (blob !== "whole") return blob;
    }
    await this.#layOut(ref.digest, entries);
    return this.check(ref);
  }

  /** Removes an artifact's bytes; of a tree, also the objects in it that are damaged. Others may share the rest. */
  async drop(ref: ArtifactRef): Promise<void> {
    if (ref.temporary !== undefined) {
      remove(this.disk, this.#besideInterim(ref));
      remove(this.disk, this.path(ref));
      writeDisposable(() => removeEmpty(this.disk, dirname(this.path(ref))));
      return;
    }
    if (ref.type !== "tree") {
      remove(this.disk, this.path(ref));
      return;
    }
    const entries = this.#manifest(ref.digest);
    if (typeof entries !== "string") {
      for (const e of entries) {
        if (e.type === "folder") continue;
        const blob = this.#blob(e.type, e.digest);
        if ((await this.#checkFile(blob, e)) === "damaged") remove(this.disk, blob);
      }
    }
    remove(this.disk, this.#manifestFile(ref.digest));
    remove(this.disk, this.path(ref));
  }

  /**
   * Takes a finished file or folder into the store, moving it: it is gone from where it was. Rejects with the signal's
   * reason when that ends the reading of it; then it is all where it was.
   */
  async take(path: string, signal?: AbortSignal): Promise<ArtifactRef> {
    const digester = new Digester(this.stats, this.disk, signal);
    if (this.disk.lstat(path)?.isDirectory() !== true) {
      const { type, digest, bytes } = await digester.content(path);
      if (type === "tree") throw new UnreadableInput(`${path} is a link to a folder`);
      await this.#takeFile(path, type, digest, bytes);
      return { type, digest, bytes };
    }
    const { entries } = await digester.tree(path);
    const breath = breather();
    for (const e of entries) {
      if (e.type === "folder") continue;
      await breath();
      await this.#takeFile(join(path, e.path), e.type, e.digest, e.bytes);
    }
    const manifest = manifestOf(entries);
    const ref = manifestRef(manifest);
    writeAtomic(this.disk, this.#manifestFile(ref.digest), manifest, { durable: bootId() === "" });
    if ((await this.#checkTree(this.path(ref), entries)) !== "whole") await this.#layOut(ref.digest, entries);
    remove(this.disk, path);
    return ref;
  }

  /**
   * Takes a temporary output, `KEY/NAME`: it lies apart from all others, so that it can go without a look at what else
   * there is. Rejects as `take` does.
   */
  async takeInterim(path: string, temporary: string, signal?: AbortSignal): Promise<ArtifactRef> {
    const digester = new Digester(this.stats, this.disk, signal);
    const { type, digest, bytes, entries } = await digester.content(path);
    const ref: ArtifactRef = { type, digest, bytes, temporary };
    const to = this.path(ref);
    await this.drop(ref);
    if (type === "tree" && entries !== undefined) {
      for (const e of entries) if (e.type !== "folder") this.disk.chmod(join(path, e.path), modeOf(e.type));
      writeAtomic(this.disk, this.#besideInterim(ref), manifestOf(entries), { durable: false });
    } else if (type !== "tree") this.disk.chmod(path, modeOf(type));
    inFolder(this.disk, to, () => this.disk.rename(path, to));
    const files = entries ?? [{ path: "", type, digest, bytes } as const];
    for (const e of files) {
      if (e.type === "folder" || e.type === "tree") continue;
      const stat = this.disk.lstat(e.path === "" ? to : join(to, e.path));
      if (stat !== undefined) this.stats.putOwned(stat, e.digest, false);
    }
    return ref;
  }

  async #checkInterim(ref: ArtifactRef): Promise<Health> {
    const { type, digest, bytes } = ref;
    if (type !== "tree") return this.#checkFile(this.path(ref), { type, digest, bytes });
    const entries = this.#manifest(digest, this.#besideInterim(ref));
    return typeof entries === "string" ? entries : this.#checkTree(this.path(ref), entries);
  }

  /** The manifest of a temporary folder. */
  #besideInterim(ref: ArtifactRef): string {
    return `${this.path(ref)}.tree`;
  }

  async #takeFile(from: string, type: "file" | "executable", digest: string, bytes: number): Promise<void> {
    const to = this.#blob(type, digest);
    // An object that is there already may have been damaged since: it is replaced unless it is whole.
    const blob = { type, digest, bytes };
    const health = await this.#checkFile(to, blob);
    if (health === "whole") return;
    if (health === "damaged") remove(this.disk, to);
    // Where the file has other names, what is written under those must not reach the store.
    if (this.disk.lstat(from)?.nlink !== 1n) await this.#putCopy(from, to, blob);
    else {
      try {
        await this.#put(from, to, blob);
      } catch (error) {
        if (!isCode(error, "EXDEV")) throw error;
        await this.#putCopy(from, to, blob);
      }
    }
    const stat = this.disk.lstat(to);
    if (stat !== undefined) this.stats.putOwned(stat, digest, isFlushed(bytes));
  }

  /** Moves a file to its place; of a large one, when its bytes have reached the disk. */
  async #put(from: string, to: string, { type, bytes }: Blob): Promise<void> {
    this.disk.chmod(from, modeOf(type));
    if (isFlushed(bytes)) await flushFile(this.disk, from);
    inFolder(this.disk, to, () => this.disk.rename(from, to));
  }

  async #putCopy(from: string, to: string, { type, digest, bytes }: Blob): Promise<void> {
    const copy = temporaryName(to);
    try {
      this.disk.makeFolder(dirname(copy));
      await copyFile(this.disk, { path: from, bytes, mode: modeOf(type) }, copy);
      if ((await this.#digester.file(copy)) !== digest)
        throw new UnreadableInput(`${from} changed while it was being read`);
      await this.#put(copy, to, { type, digest, bytes });
    } catch (error) {
      discard(this.disk, copy);
      throw error;
    }
  }

  async #checkFile(path: string, blob: Blob, turns = 100): Promise<Health> {
    const stat = this.disk.lstat(path);
    if (stat === undefined) return "missing";
    if (!stat.isFile() || Number(stat.size) !== blob.bytes) return "damaged";
    // A program that may no longer be run is not what its step made.
    if (blob.type === "executable" && (stat.mode & 0o100n) === 0n) return "damaged";
    try {
      return (await this.#digester.file(path, stat)) === blob.digest ? "whole" : "damaged";
    } catch (error) {
      // Another run linked it into a tree, or dropped it, while it was read here: the answer is asked for again.
      if (error instanceof UnreadableInput && turns > 0) return this.#checkFile(path, blob, turns - 1);
      throw error;
    }
  }

  async #checkTree(folder: string, entries: readonly TreeEntry[]): Promise<Health> {
    const breath = breather();
    for (const e of entries) {
      if (e.type === "folder") continue;
      await breath();
      const health = await this.#checkFile(join(folder, e.path), e);
      if (health !== "whole") return health;
    }
    for (const [parent, names] of namesByFolder(entries)) {
      const found = listIfAny(this.disk, join(folder, parent));
      if (found === undefined) return "missing";
      if (found.length !== names.size || found.some(name => !names.has(name))) return "damaged";
    }
    return "whole";
  }

  #manifest(digest: string, file = this.#manifestFile(digest)): readonly TreeEntry[] | "missing" | "damaged" {
    const stat = this.disk.lstat(file);
    if (stat === undefined) return "missing";
    if (!stat.isFile() || stat.size > MOST_MANIFEST) return "damaged";
    const text = this.disk.readFile(file).toString();
    if (this.stats.get(stat) !== digest) {
      if (sha256(text) !== digest) return "damaged";
      this.stats.putOwned(stat, digest, false);
    }
    try {
      return parseManifest(text);
    } catch {
      return "damaged"; // Somebody's text, whose digest is right, but no manifest.
    }
  }

  /**
   * Builds a tree's folder beside its place, then puts it there. One that is there already may be in use by then:
   * it goes only if it is damaged, and in one move.
   */
  async #layOut(digest: string, entries: readonly TreeEntry[]): Promise<void> {
    const folder = this.#tree(digest);
    const temporary = temporaryName(folder);
    try {
      this.disk.makeFolder(temporary);
      const breath = breather();
      for (const e of entries) {
        await breath();
        const to = join(temporary, e.path);
        if (e.type === "folder") this.disk.makeFolder(to);
        else await this.#link(this.#blob(e.type, e.digest), to, e);
      }
      while (!moved(this.disk, temporary, folder)) {
        const health = await this.#checkTree(folder, entries);
        if (health === "whole") break;
        const aside = temporaryName(folder);
        if (moved(this.disk, folder, aside)) discard(this.disk, aside);
      }
    } finally {
      discard(this.disk, temporary);
    }
  }

  /** A hard link where the disk can, else a copy. */
  async #link(path: string, to: string, { type, digest, bytes }: Blob): Promise<void> {
    try {
      inFolder(this.disk, to, () => this.disk.link(path, to));
    } catch (error) {
      if (!isCode(error, "EPERM", "EMLINK", "EXDEV", "ENOTSUP", "ENOSYS")) throw error;
      this.disk.makeFolder(dirname(to));
      await copyFile(this.disk, { path, bytes, mode: modeOf(type) }, to);
      if (isFlushed(bytes)) await flushFile(this.disk, to);
    }
    // Linking moves the inode's ctime: without this the object would have to be read again to be believed.
    const stat = this.disk.lstat(to);
    if (stat !== undefined) this.stats.putOwned(stat, digest, isFlushed(bytes));
  }

  #blob(type: ArtifactRef["type"], digest: string): string {
    return join(this.root, paths.object(type, digest));
  }

  #manifestFile(digest: string): string {
    return this.#blob("tree", digest);
  }

  #tree(digest: string): string {
    return join(this.root, paths.tree(digest));
  }
}

/** What a file of the store must be. */
interface Blob {
  readonly type: "file" | "executable";
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Whether a file is flushed before it gets its name. A small one is not: were each, a step of a second would wait for the
 * disk half of it. It is hashed again instead when the system was started anew since; see `StatCache.putOwned`.
 */
function isFlushed(bytes: number): boolean {
  return bytes >= LARGE || bootId() === "";
}

/** Bytes: hashing so many takes as long as flushing them. */
const LARGE = 1 << 20;

function modeOf(type: Blob["type"]): number {
  return type === "executable" ? 0o555 : 0o444;
}
