import type { BigIntStats } from "node:fs";
import { byCodeUnit } from "../../core/json.js";
import type { Disk } from "../disk.js";
import { Examiner, type Examined, type Made } from "./examine.js";
import type { Examiners } from "./examiners.js";
import { paths } from "../paths.js";
import { inventory, type Area, type Item, type ItemKind } from "../inventory.js";

/** Something in a store that is not what was written. */
export interface Damage {
  readonly item: Item;
  /** In words that follow its path. */
  readonly fault: string;
  /** As it was when that was found; nothing where it is not there at all, though something names it. */
  readonly seen: BigIntStats | undefined;
  /** Results and parts that have it among their bytes. */
  readonly users: readonly User[];
}

/** One output of a result or part. */
export interface User {
  readonly item: Item;
  readonly made: Made;
  readonly output: string;
}

export interface Verified {
  /** By path. */
  readonly damage: readonly Damage[];
  /** Of another format, with a word that says so: neither right nor wrong. */
  readonly foreign: readonly { readonly path: string; readonly why: string }[];
  /** Names that vistas does not give. They are in nobody's way. */
  readonly strays: readonly string[];
  /** How many items of each kind were examined. */
  readonly examined: Readonly<Partial<Record<ItemKind, number>>>;
}

/** How much there is to examine. Runs under way may add to it. */
export interface Extent {
  readonly items: number;
  readonly bytes: number;
}

/** What to expect of a `verify`, by names and sizes alone. */
export function measure(disk: Disk, root: string): Extent {
  let [items, bytes] = [0, 0];
  for (const { kind, path } of inventory(disk, root, AREAS)) {
    if (!EXAMINED.has(kind)) continue;
    items++;
    // Other files are small, and their number says enough.
    if (kind === "object") bytes += Number(disk.lstat(`${root}/${path}`)?.size ?? 0n);
  }
  return { items, bytes };
}

/**
 * Reads everything in a store that is not disposable (`cache/`, `logs/`, `reports/`, work under way) and holds it
 * against its name, its checksum and what names it. Changes nothing. Runs may be under way meanwhile: what looks wrong
 * is looked at a second time at the end, and only what is wrong then is told.
 * Stops with the signal's reason. Throws what the system says of this process.
 */
export async function verify(
  disk: Disk,
  root: string,
  examiners: Examiners,
  options: { readonly onItems?: (done: number) => void; readonly signal?: AbortSignal } = {},
): Promise<Verified> {
  return new Verification(disk, root, examiners, options).all();
}

const AREAS = [
  ...(["objects", "trees", "records", "past", "parts", "audits", "runs", "reproductions"] as const),
  "format.json" as const,
];
const EXAMINED: ReadonlySet<ItemKind> = new Set<ItemKind>([
  ...(["object", "manifest", "tree", "record", "past", "part", "audit", "run", "reproduction"] as const),
  "format",
]);
/** Items that are examined in one go. */
const BATCH = 16;

class Verification {
  /** Paths of objects and manifests that are as they should be. */
  readonly #sound = new Set<string>();
  /** Folders with a sound manifest that lack objects, by digest; which. */
  readonly #lacking = new Map<string, readonly string[]>();
  /** Digests of the folders that are laid out as they should be. */
  readonly #laidOut = new Set<string>();
  readonly #faults = new Map<string, { readonly item: Item; readonly fault: string }>();
  readonly #users = new Map<string, User[]>();
  readonly #foreign: { path: string; why: string }[] = [];
  readonly #strays = new Set<string>();
  readonly #examined: Partial<Record<ItemKind, number>> = {};
  #done = 0;

  constructor(
    private readonly disk: Disk,
    private readonly root: string,
    private readonly examiners: Examiners,
    private readonly options: Parameters<typeof verify>[3] & object,
  ) {}

  /** Objects before what is made of them, and both before what names them. */
  async all(): Promise<Verified> {
    await this.#each("objects", "object", ({ path }) => void this.#sound.add(path));
    await this.#each("objects", "manifest", (item, { objects = [] }) => {
      this.#sound.add(item.path);
      const lacking = objects.filter(path => !this.#sound.has(path));
      if (lacking.length > 0) this.#lacking.set(item.name, lacking);
    });
    await this.#each("trees", "tree", (item, { objects = [] }) => {
      const shared = objects.find(path => !this.#sound.has(path));
      if (shared === undefined) this.#laidOut.add(item.name);
      else this.#faults.set(item.path, { item, fault: `shares the bytes of ${shared}` });
    });
    for (const [area, kind] of [
      ["records", "record"],
      ["past", "past"],
      ["parts", "part"],
    ] as const)
      await this.#each(area, kind, (item, { made }) => made !== undefined && this.#outputs(item, made));
    await this.#each("audits", "audit");
    await this.#each("runs", "run");
    await this.#each("reproductions", "reproduction");
    await this.#each("format.json", "format");
    return {
      damage: this.#confirmed().sort((a, b) => byCodeUnit(a.item.path, b.item.path)),
      foreign: this.#foreign,
      strays: [...this.#strays].sort(byCodeUnit),
      examined: this.#examined,
    };
  }

  /** Examines every item of a kind; `sound` is told of those that are as they should be. */
  async #each(
    area: Area,
    kind: ItemKind,
    sound: (item: Item, examined: Examined) => unknown = () => undefined,
  ) {
    const { examiners, options } = this;
    const underWay = new Set<Promise<void>>();
    const give = async (items: readonly Item[]): Promise<void> => {
      const found = await examiners.examine(items);
      for (const [i, item] of items.entries()) this.#note(item, found[i] ?? { bytes: 0 }, sound);
      options.onItems?.((this.#done += items.length));
    };
    let batch: Item[] = [];
    const flush = (): void => {
      const given: Promise<void> = give(batch).finally(() => underWay.delete(given));
      underWay.add(given);
      batch = [];
    };
    try {
      for (const item of inventory(this.disk, this.root, [area])) {
        if (item.kind === "stray") this.#strays.add(item.path);
        if (item.kind === "obstacle")
          this.#faults.set(item.path, { item, fault: "is not a folder, as it should be" });
        if (item.kind !== kind || batch.push(item) < BATCH) continue;
        flush();
        if (underWay.size >= examiners.width) await Promise.race(underWay);
        options.signal?.throwIfAborted();
      }
      if (batch.length > 0) flush();
    } finally {
      await Promise.all(underWay);
    }
  }

  #note(item: Item, examined: Examined, sound: (item: Item, examined: Examined) => unknown): void {
    const { fault, foreign, gone } = examined;
    if (gone === true) return;
    this.#examined[item.kind] = (this.#examined[item.kind] ?? 0) + 1;
    if (fault === undefined) sound(item, examined);
    else if (foreign === true) this.#foreign.push({ path: item.path, why: fault });
    else this.#faults.set(item.path, { item, fault });
  }

  /** Notes for each output of a result or part which of its bytes are not as they should be. */
  #outputs(item: Item, made: Made): void {
    for (const [output, ref] of made.outputs) {
      for (const path of this.#wrong(
        ref.type === "tree" ? ref.digest : undefined,
        paths.object(ref.type, ref.digest),
      )) {
        // The bytes of results that are no longer reused may go when nothing else needs them.
        if (item.kind === "past" && !this.#faults.has(path)) continue;
        const users = this.#users.get(path) ?? [];
        users.push({ item, made, output });
        this.#users.set(path, users);
      }
    }
  }

  #wrong(tree: string | undefined, object: string): readonly string[] {
    if (!this.#sound.has(object)) return [object];
    if (tree === undefined) return [];
    const folder = paths.tree(tree);
    const lacking = this.#laidOut.has(tree) ? [] : (this.#lacking.get(tree) ?? []);
    return this.#faults.has(folder) ? [folder, ...lacking] : lacking;
  }

  /** What is still wrong when it is looked at again. */
  #confirmed(): Damage[] {
    const examiner = new Examiner(this.disk, this.root, this.examiners.stated);
    const now = new Map<string, Examined>();
    const again = (item: Item): Examined => {
      const examined = now.get(item.path) ?? examiner.examine(item);
      now.set(item.path, examined);
      return examined;
    };
    const found: Damage[] = [];
    for (const [path, { item, fault }] of this.#faults) {
      const seen = this.disk.lstat(`${this.root}/${path}`);
      if (item.kind === "obstacle") {
        if (seen?.isDirectory() === false) found.push({ item, fault, seen, users: [] });
        continue;
      }
      const { gone, fault: still, objects = [] } = again(item);
      const shared =
        still ??
        objects.find(object => this.#faults.has(object) && again(itemOf(object)).fault !== undefined);
      if (gone === true || shared === undefined) continue;
      found.push({ item, fault: still ?? fault, seen, users: this.#users.get(path) ?? [] });
    }
    for (const [path, all] of this.#users) {
      const item = itemOf(path);
      if (this.#faults.has(path) || again(item).gone !== true) continue;
      const users = all.filter(user => user.item.kind !== "past" && again(user.item).made !== undefined);
      if (users.length > 0) found.push({ item, fault: "is not there", seen: undefined, users });
    }
    return found;
  }
}

/** The item in `objects/` at a path. */
function itemOf(path: string): Item {
  const name = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
  return { kind: path.endsWith(".tree") ? "manifest" : "object", path, name };
}
