import { join } from "node:path";
import type { Disk } from "./disk.js";
import { isTemporary, listIfAny } from "./files.js";

/**
 * What a store holds, one name at a time:
 * - `object`: a file by content (`name`: its digest); `manifest`: the text that stands for a folder; `tree`: the folder
 *   that was laid out from it
 * - `record`, `past`, `part`, `audit`: by key (`name`); of a `past` also which `result`
 * - `run`, `reproduction`: by the run's id (`name`)
 * - `log`, `report`: of a run (`name`)
 * - `lock`, `work`: of runs that are under way, or were when they were killed
 * - `failed`: the folder in which the newest failed attempt at a step instance worked
 * - `interim`: the temporary outputs of a key (`name`)
 * - `lost`: what `verify --repair` found damaged and nothing can make again, kept for a human to look at
 * - `format`: which format the store has
 * - `temporary`: a write that has not come to its end, or never will
 * - `obstacle`: something else where a folder of the store belongs
 * - `stray`: a name that vistas does not give
 */
export type ItemKind =
  | ("object" | "manifest" | "tree" | "record" | "past" | "part" | "audit" | "run" | "reproduction")
  | (
      | "log"
      | "report"
      | "lock"
      | "work"
      | "failed"
      | "interim"
      | "lost"
      | "format"
      | "temporary"
      | "obstacle"
      | "stray"
    );

export interface Item {
  readonly kind: ItemKind;
  /** Relative to the store, with `/`. What lies there may be of any type: nothing but the name has been looked at. */
  readonly path: string;
  /** What it is filed under, as said above; `""` for what has no such name. */
  readonly name: string;
  readonly result?: string;
}

export type Area = keyof typeof AREAS;

/**
 * Everything in a store, or in some of its areas, as it is come upon: in no order, and never in memory as a whole.
 * Runs that are under way add and remove things meanwhile. What lies at the root under other names (`published/`) is
 * the user's and is not told of.
 */
export function* inventory(
  disk: Disk,
  root: string,
  areas: readonly Area[] = Object.keys(AREAS) as Area[],
): Generator<Item> {
  const lister = new Lister(disk, root);
  for (const area of areas) yield* AREAS[area](lister, area);
}

/** What lies where in a store: what paths.ts says, read back. */
const AREAS = {
  objects: (all, area) =>
    all.sharded(area, OBJECT, ([, name = "", ending]) => ({ kind: objectKind(ending), name })),
  trees: (all, area) => all.sharded(area, /^([0-9a-f]{64})$/, ([, name = ""]) => ({ kind: "tree", name })),
  records: (all, area) => all.sharded(area, DOCUMENT, ([, name = ""]) => ({ kind: "record", name })),
  past: (all, area) => all.results(area),
  parts: (all, area) => all.sharded(area, DOCUMENT, ([, name = ""]) => ({ kind: "part", name })),
  audits: (all, area) => all.sharded(area, DOCUMENT, ([, name = ""]) => ({ kind: "audit", name })),
  runs: (all, area) => all.flat(area, NUMBERED, name => ({ kind: "run", name })),
  reproductions: (all, area) => all.flat(area, RUN_FILE, name => ({ kind: "reproduction", name })),
  logs: (all, area) => all.flat(area, ANY, name => ({ kind: "log", name })),
  reports: (all, area) => all.flat(area, /^(.+)\.(?:html|md)$/, name => ({ kind: "report", name })),
  locks: (all, area) => all.flat(area, ANY, name => ({ kind: "lock", name })),
  work: (all, area) => all.flat(area, ANY, name => ({ kind: "work", name })),
  failed: (all, area) => all.flat(area, ANY, name => ({ kind: "failed", name })),
  interim: (all, area) => all.flat(area, /^([0-9a-f]{64})$/, name => ({ kind: "interim", name })),
  lost: (all, area) => all.flat(area, ANY, () => ({ kind: "lost", name: "" })),
  "format.json": (all, area) => all.file(area, { kind: "format", name: "" }),
} satisfies Readonly<Record<string, (all: Lister, area: string) => Iterable<Item>>>;

type Named = Omit<Item, "path">;

class Lister {
  constructor(
    private readonly disk: Disk,
    private readonly root: string,
  ) {}

  /** `<area>/<first two>/<name>`, for names that match; the first group of `pattern` begins with the two. */
  *sharded(area: string, pattern: RegExp, item: (match: RegExpExecArray) => Named): Generator<Item> {
    for (const entry of this.flat(area, /^([0-9a-f]{2})$/, name => ({ kind: "stray", name }))) {
      const { path: folder, name: shard } = entry;
      if (shard === "") {
        yield entry;
        continue;
      }
      const names = this.#within(folder);
      if (names === undefined) yield obstacle(folder);
      for (const name of names ?? []) {
        const path = `${folder}/${name}`;
        const match = pattern.exec(name);
        if (match?.[1]?.startsWith(shard) === true) yield { ...item(match), path };
        else yield isTemporary(name) ? { kind: "temporary", path, name: "" } : stray(path);
      }
    }
  }

  /** `<area>/<first two>/<key>/<result>.json` */
  *results(area: string): Generator<Item> {
    for (const folder of this.sharded(area, /^([0-9a-f]{64})$/, ([, name = ""]) => ({
      kind: "past",
      name,
    }))) {
      const names = folder.kind === "past" ? this.#within(folder.path) : [];
      if (folder.kind !== "past") yield folder;
      else if (names === undefined) yield obstacle(folder.path);
      for (const name of names ?? []) {
        const path = `${folder.path}/${name}`;
        const [, result] = /^([0-9a-f]{16})\.json$/.exec(name) ?? [];
        if (result !== undefined) yield { kind: "past", path, name: folder.name, result };
        else yield isTemporary(name) ? { kind: "temporary", path, name: "" } : stray(path);
      }
    }
  }

  /** `<area>/<name>`; the first group of `pattern` is what the item is filed under. */
  *flat(area: string, pattern: RegExp, item: (name: string) => Named): Generator<Item> {
    const names = this.#within(area);
    if (names === undefined) yield obstacle(area);
    for (const name of names ?? []) {
      const path = `${area}/${name}`;
      const [, filed] = isTemporary(name) ? [] : (pattern.exec(name) ?? []);
      if (filed !== undefined) yield { ...item(filed), path };
      else yield isTemporary(name) ? { kind: "temporary", path, name: "" } : stray(path);
    }
  }

  *file(path: string, item: Named): Generator<Item> {
    if (this.disk.lstat(join(this.root, path)) !== undefined) yield { ...item, path };
  }

  /** The names in a folder; nothing where it is not one. One that is gone by now is empty. */
  #within(path: string): readonly string[] | undefined {
    const names = listIfAny(this.disk, join(this.root, path));
    return names ?? (this.disk.lstat(join(this.root, path)) === undefined ? [] : undefined);
  }
}

const OBJECT = /^([0-9a-f]{64})(\.x|\.tree|)$/;
const DOCUMENT = /^([0-9a-f]{64})\.json$/;
const NUMBERED = /^\d{8,15}\.(.+)\.json$/s;
const RUN_FILE = /^(.+)\.json$/;
const ANY = /^(.+)$/s;

function objectKind(ending: string | undefined): "object" | "manifest" {
  return ending === ".tree" ? "manifest" : "object";
}

function obstacle(path: string): Item {
  return { kind: "obstacle", path, name: "" };
}

function stray(path: string): Item {
  return { kind: "stray", path, name: "" };
}
