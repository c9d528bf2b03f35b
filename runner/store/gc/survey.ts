import { basename, join } from "node:path";
import { fingerprintKey } from "../../cache/fingerprint.js";
import type { ArtifactRef, RunRecord } from "../../core/record.js";
import type { Disk } from "../disk.js";
import { breather, listIfAny } from "../files.js";
import { inventory, type Area, type Item, type ItemKind } from "../inventory.js";
import { manifestText, parseManifest, type TreeEntry } from "../objects/manifest.js";
import { blobName, paths } from "../paths.js";
import { newestFirst, readRecord, readRun, runOfFile } from "../records/records.js";
import { resultId } from "../records/result-id.js";

/** A result or a part: what names objects. */
export interface Entry {
  readonly area: "records" | "past" | "parts";
  /** Its file, relative to the store. */
  readonly path: string;
  readonly key: string;
  /** Which of the results of its key; `""` for a part. */
  readonly result: string;
  /** The step instance that made it; of a part, what the kind calls it. */
  readonly id: string;
  readonly outputs: readonly { readonly name: string; readonly objects: readonly string[] }[];
  /** ISO 8601, UTC. */
  readonly finished: string;
  readonly kind: string;
  /** The kind, its code and its inputs, whatever its options: parts serve all that one maker makes. */
  readonly maker: string;
  /** Of its file. */
  readonly bytes: number;
}

/** A past run, and the results that it had. */
export interface RunUse {
  readonly id: string;
  /** Its place in the order of runs, see `Runs`. */
  readonly number: number;
  /** Runs with the same text are of one pipeline of one project, and of the same part of it. */
  readonly group: string;
  readonly outcome: RunRecord["outcome"];
  readonly name: string | undefined;
  readonly started: string;
  readonly finished: string;
  readonly steps: readonly { readonly key: string; readonly result: string | undefined }[];
  readonly bytes: number;
}

/** A file in `objects/`, as it was found. */
export interface Blob {
  readonly bytes: number;
  readonly ino: bigint;
}

/** Anything else that gc may remove, as it was found; of a folder, with all that is in it. */
export interface Rest {
  readonly kind: "audit" | "reproduction" | "log" | "report" | "failed" | "interim" | "temporary" | "broken";
  readonly path: string;
  /** The key or run that it is filed under. */
  readonly name: string;
  readonly bytes: number;
}

/** What a store holds, and what of it names what. Sizes are bytes taken up on the disk. */
export interface Survey {
  readonly entries: readonly Entry[];
  /** Newest first. */
  readonly runs: readonly RunUse[];
  /** Run records that cannot be read: what they need is not known. */
  readonly unreadable: readonly string[];
  /** By name in their folder: digest and ending. */
  readonly objects: ReadonlyMap<string, Blob>;
  /** Digests of the folders laid out in `trees/`. */
  readonly trees: readonly string[];
  readonly rest: readonly Rest[];
}

/**
 * Looks at everything in a store once, changing nothing; bytes of artifacts are not read. Runs under way may add and
 * remove things meanwhile. Throws `NewerFormat` for what a later vistas wrote, since what that needs is not known.
 */
export async function survey(disk: Disk, root: string): Promise<Survey> {
  const surveyor = new Surveyor(disk, root);
  return surveyor.all();
}

class Surveyor {
  readonly #manifests = new Map<string, readonly string[]>();
  readonly #rest: Rest[] = [];

  constructor(
    private readonly disk: Disk,
    private readonly root: string,
  ) {}

  async all(): Promise<Survey> {
    const parts = await this.#each(["parts"], item => this.#entry(item, true));
    const results = await this.#each(["records", "past"], item => this.#entry(item, parts.length > 0));
    const unreadable: string[] = [];
    const runs = await this.#each(["runs"], item => this.#run(item, unreadable));
    const objects = await this.#each(["objects"], item => this.#blob(item));
    const trees = await this.#each(["trees"], item => this.#tree(item));
    await this.#each(["audits", "reproductions", "logs", "reports", "failed", "interim"], item => {
      this.#other(item);
      return undefined;
    });
    return {
      entries: [...parts, ...results],
      runs: runs.sort(newestFirst),
      ...{ unreadable, objects: new Map(objects), trees, rest: this.#rest },
    };
  }

  async #each<T>(areas: readonly Area[], look: (item: Item) => T | undefined): Promise<T[]> {
    const found: T[] = [];
    const breath = breather();
    for (const item of inventory(this.disk, this.root, areas)) {
      const one = look(item);
      if (one !== undefined) found.push(one);
      await breath();
    }
    return found;
  }

  #entry(item: Item, withMaker: boolean): Entry | undefined {
    const area = AREA_OF[item.kind];
    if (area === undefined) {
      this.#other(item);
      return undefined;
    }
    const record = readRecord(this.disk, join(this.root, item.path), item.name);
    if (typeof record === "string") this.#note("broken", item);
    if (typeof record !== "object") return undefined;
    const { fingerprint } = record;
    return {
      ...{ area, path: item.path, key: item.name, id: record.id, finished: record.finished },
      result: area === "parts" ? "" : (item.result ?? resultId(record)),
      outputs: Object.entries(record.outputs).map(([name, ref]) => ({
        name,
        objects: ref.temporary === undefined ? this.#objects(ref) : [],
      })),
      ...{ kind: fingerprint.kind, maker: withMaker ? fingerprintKey({ ...fingerprint, with: {} }) : "" },
      bytes: this.#bytes(item.path) ?? 0,
    };
  }

  #run(item: Item, unreadable: string[]): RunUse | undefined {
    if (item.kind !== "run") {
      this.#other(item);
      return undefined;
    }
    const record = readRun(this.disk, join(this.root, item.path), item.name);
    if (typeof record === "string") unreadable.push(item.name);
    if (typeof record !== "object") return undefined;
    const { id, name, started, finished, steps, outcome } = record;
    const { number = 0 } = runOfFile(basename(item.path)) ?? {};
    const group = JSON.stringify([record.project, record.file, record.leftOut ?? null]);
    const bytes = this.#bytes(item.path) ?? 0;
    const used = steps.flatMap(({ key, result }) => (key === null ? [] : [{ key, result }]));
    return { id, number, group, outcome, name, started, finished, bytes, steps: used };
  }

  /** The names in `objects/` of all that an artifact consists of. */
  #objects({ type, digest }: ArtifactRef): readonly string[] {
    if (type !== "tree") return [blobName(type, digest)];
    let names = this.#manifests.get(digest);
    if (names === undefined) this.#manifests.set(digest, (names = this.#inManifest(digest)));
    return names;
  }

  #inManifest(digest: string): readonly string[] {
    const own = blobName("tree", digest);
    const entries = this.#manifest(join(this.root, paths.blob(own)));
    const files = entries.flatMap(e => (e.type === "folder" ? [] : this.#objects(e)));
    return [own, ...new Set(files)];
  }

  /** Nothing for one that is missing or damaged: the artifact is not there, and nothing need be kept for it. */
  #manifest(file: string): readonly TreeEntry[] {
    // One that cannot be read for the moment (EACCES, EMFILE, EIO) is there: its files must not go.
    const text = manifestText(this.disk, file);
    try {
      return parseManifest(text ?? "");
    } catch {
      return [];
    }
  }

  #blob(item: Item): [string, Blob] | undefined {
    if (item.kind !== "object" && item.kind !== "manifest") {
      this.#other(item);
      return undefined;
    }
    const stat = this.disk.lstat(join(this.root, item.path));
    if (stat === undefined) return undefined;
    return [item.path.slice("objects/ab/".length), { bytes: taken(stat), ino: stat.ino }];
  }

  #tree(item: Item): string | undefined {
    if (item.kind === "tree") return item.name;
    this.#other(item);
    return undefined;
  }

  #other(item: Item): void {
    const kind = REST_OF[item.kind];
    if (kind !== undefined) this.#note(kind, item);
  }

  #note(kind: Rest["kind"], { path, name }: Item): void {
    const bytes = kind === "failed" ? this.#foreignBytes(path) : this.#bytes(path);
    if (bytes !== undefined) this.#rest.push({ kind, path, name, bytes });
  }

  /** What a program left may lie deeper than paths reach, or be shut: what cannot be looked at does not count. */
  #foreignBytes(path: string): number {
    try {
      const stat = this.disk.lstat(join(this.root, path));
      if (stat?.isDirectory() !== true) return stat === undefined ? 0 : taken(stat);
      const names = this.disk.list(join(this.root, path));
      return names.reduce((sum, name) => sum + this.#foreignBytes(`${path}/${name}`), taken(stat));
    } catch {
      return 0;
    }
  }

  #bytes(path: string): number | undefined {
    const stat = this.disk.lstat(join(this.root, path));
    if (stat === undefined) return undefined;
    let bytes = taken(stat);
    if (stat.isDirectory())
      for (const name of listIfAny(this.disk, join(this.root, path)) ?? [])
        bytes += this.#bytes(`${path}/${name}`) ?? 0;
    return bytes;
  }
}

const AREA_OF: { readonly [K in ItemKind]?: Entry["area"] } = {
  ...{ record: "records", past: "past", part: "parts" },
};

/** What is under way, what the user has put there and what was kept for the user to look at is left alone. */
const REST_OF: { readonly [K in ItemKind]?: Rest["kind"] } = {
  ...{ audit: "audit", reproduction: "reproduction", log: "log", report: "report" },
  ...{ temporary: "temporary", failed: "failed", interim: "interim" },
};

/** Bytes that a file takes up on the disk. */
export function taken(stat: { readonly blocks: bigint }): number {
  return Number(stat.blocks) * 512;
}
