import { existsSync, readdirSync, readFileSync, realpathSync, statSync, type Dirent } from "node:fs";
import { basename, join } from "node:path";
import { sha256 } from "../../cache/hash.js";
import type { Ignored } from "../../pipeline/files/file-source.js";
import { UnreadableInput, type Digester } from "../../store/objects/digest.js";

/** What an interpreter finds, by name: a version, or a digest of content. The first of a name is the one that it takes. */
export class Items {
  readonly #found = new Map<string, string>();
  /** By what `import` calls a module: the folders that have one of that name, in their order. */
  readonly #folders = new Map<string, string[]>();

  add(name: string, value: string): void {
    const plain = name.replace(UNFIT, "_");
    if (!this.#found.has(plain)) this.#found.set(plain, value.replace(UNFIT, "_"));
  }

  /** A module of a folder on the path. Which folder comes first counts, and so do the parts of a namespace. */
  addModule(folder: string, stem: string, name: string, value: string): void {
    const folders = this.#folders.get(stem) ?? [];
    if (!folders.includes(folder)) this.#folders.set(stem, [...folders, folder]);
    const turn = folders.includes(folder) ? folders.indexOf(folder) : folders.length;
    this.add(turn === 0 ? name : `${name}(${turn + 1})`, value);
  }

  /** `numpy 1.26.4, scipy 1.11.1`, sorted. */
  text(): string {
    return [...this.#found]
      .map(([name, value]) => `${name} ${value}`)
      .sort()
      .join(", ");
  }
}

/** What would break a list, a line or a terminal. */
const UNFIT = /[\s,\p{Cc}]+/gu;

/** Reads content of the user's folders through the stat cache. */
export class Contents {
  constructor(
    private readonly digester: Digester,
    /** Left out wherever it lies. */
    private readonly store: string,
    private readonly ignored: Ignored,
  ) {}

  text(text: string): string {
    return `content:${sha256(text).slice(0, 16)}`;
  }

  /** A short digest of a file, or of all that counts in a folder. */
  async of(path: string, alsoIgnored: Ignored = () => false): Promise<string> {
    const store = realPath(this.store);
    const left: Ignored = (below, folder) =>
      this.ignored(below, folder) ||
      alsoIgnored(below, folder) ||
      (folder && realPath(join(path, below)) === store);
    try {
      return `content:${(await this.digester.content(path, left)).digest.slice(0, 16)}`;
    } catch (error) {
      if (error instanceof UnreadableInput) return "unreadable";
      throw error;
    }
  }
}

/** Nothing where there is no such folder, or it may not be read: then the interpreter finds nothing there either. */
export function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // As above.
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

export function realPath(path: string): string {
  return existsSync(path) ? realpathSync.native(path) : path;
}

/** A folder and all that it lies in, from the inside out. */
export function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = join(at, "..")) {
    yield at;
    if (basename(at) === "" || at === join(at, "..")) return;
  }
}

/** The folder, or the deepest of those that it lies in which is there. */
export function existingFolder(folder: string): string {
  return [...upwards(folder)].find(place => existsSync(place)) ?? "/";
}
