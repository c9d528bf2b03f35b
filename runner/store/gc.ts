import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sha256 } from "../cache/hash.js";
import type { StepRecord } from "../core/record.js";
import type { Disk } from "./disk.js";
import { breather, inFolder, isFull, moved, remove, removeEmpty, temporaryName, writerOf } from "./files.js";
import { planGc, unneeded, type Circumstances, type Plan, type Policy } from "./gc-plan.js";
import type { Hold, Holder } from "./holds.js";
import type { LiveRun } from "./live.js";
import { exists, ownerText, parseOwner } from "./owner.js";
import { survey, type Entry, type Survey } from "./reach.js";
import { readRecord } from "./records.js";
import { resultId } from "./result-id.js";
import type { Store } from "./store.js";

/** What a gc tells and asks while it is under way. */
export interface GcHooks {
  /** Another gc is under way on the store: this one begins when it is done. */
  readonly waits?: (host: string, pid: number) => void;
  /** Ends and removes what dead runs left. */
  readonly sweep?: (owner: string) => Promise<void>;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly signal?: AbortSignal;
}

export interface Collected {
  readonly plan: Plan;
  /** Bytes of objects and files that are gone now; less than planned where something came into use meanwhile. */
  readonly freed: number;
  /** Run records that cannot be read. With any, nothing was planned or removed: what they need is not known. */
  readonly unreadable: readonly string[];
}

/** What a gc would do now. Changes nothing. */
export async function dryRun(store: Store, policy: Policy): Promise<Collected> {
  const live = store.live.list();
  const found = await survey(store.disk, store.root);
  const plan = planGc(found, policy, circumstances(live, live.length === 0 ? FAR : oldest(live)));
  return { plan, freed: 0, unreadable: found.unreadable };
}

/**
 * Removes from a store what `policy` does not keep. Runs may be under way on it meanwhile, in any process and on any
 * host, and it may be killed at any operation: then what it was to remove is in part gone, and nothing else is.
 *
 * 1. It enters itself among the runs under way, and waits for any other gc to end.
 * 2. It notes which runs are under way, then looks at everything and decides. Objects that were touched since the oldest
 *    of those began stay: they may have been taken for a result that is not recorded yet.
 * 3. What goes is put out of sight: results are moved to `past/` under their key's hold, parts are removed. Every run
 *    under way then tells of the keys that it has looked up, and those are put back. A run that looks later does not
 *    find them, and makes them.
 * 4. Objects that nothing names now are removed, each by moving it aside first: if its mtime has changed since step 2, a
 *    run has come to rely on it just now, and it is moved back.
 * 5. What remains of results and runs that are gone.
 */
export async function gc(store: Store, policy: Policy, hooks: GcHooks = {}): Promise<Collected> {
  const entered = enter(store);
  try {
    const hold = await alone(store, entered, hooks);
    try {
      await hooks.sweep?.(entered.owner);
      return await new Collector(store, policy, entered.owner, hold, hooks).collect();
    } finally {
      hold.release();
    }
  } finally {
    entered.leave();
  }
}

class Collector {
  /** Results that were put out of sight where they were. */
  readonly #aside = new Map<Entry, string>();
  #freed = 0;

  constructor(
    private readonly store: Store,
    private readonly policy: Policy,
    private readonly owner: string,
    private readonly hold: Hold,
    private readonly hooks: GcHooks,
  ) {}

  async collect(): Promise<Collected> {
    const { live, disk, root } = this.store;
    const others = live.list();
    const before = oldest(others);
    const found = await survey(disk, root);
    const now = circumstances(others, before);
    const plan = planGc(found, this.policy, now);
    if (found.unreadable.length > 0) return { plan, freed: 0, unreadable: found.unreadable };
    const hidden = new Map<Entry, StepRecord>();
    await this.#each(plan.entries, entry => {
      const record = this.#hide(entry);
      if (record !== undefined) hidden.set(entry, record);
    });
    const inUse = await live.announced(this.hooks.wait, this.owner);
    const dropped = new Set(plan.entries.filter(entry => hidden.has(entry) || entry.area === "past"));
    for (const entry of dropped) {
      if (!inUse.has(entry.key)) continue;
      dropped.delete(entry);
      const record = hidden.get(entry);
      if (record === undefined) continue;
      const aside = this.#aside.get(entry);
      if (entry.area === "parts") this.store.parts.put(record);
      else if (aside !== undefined) this.#putBack(entry, aside);
      else this.store.records.restore(record);
    }
    await this.#removeObjects(found, unneeded(found, dropped), before);
    await this.#removeRest(plan, dropped);
    return { plan, freed: this.#freed, unreadable: [] };
  }

  /** Puts a result or part out of sight; gives what it was. Nothing where it is being made anew or is gone. */
  #hide(entry: Entry): StepRecord | undefined {
    try {
      return this.#hideByMoving(entry);
    } catch (error) {
      if (!isFull(error) || entry.area !== "records") throw error;
      return this.#hideInPlace(entry);
    }
  }

  /** On a full disk: another name in the same folder needs no room. It is moved to `past/` when there is some. */
  #hideInPlace(entry: Entry): StepRecord | undefined {
    const { disk, root, records } = this.store;
    const file = join(root, entry.path);
    const aside = temporaryName(file);
    const record = readRecord(disk, file, entry.key);
    if (typeof record !== "object" || resultId(record) !== entry.result || !moved(disk, file, aside))
      return undefined;
    this.#aside.set(entry, aside);
    records.forget(entry.key);
    return record;
  }

  /** Puts back what lies aside, unless its key came to something meanwhile. */
  #putBack(entry: Entry, aside: string): void {
    const { disk, root, records } = this.store;
    const file = join(root, entry.path);
    if (disk.lstat(file) === undefined) disk.rename(aside, file);
    else remove(disk, aside);
    records.forget(entry.key);
  }

  #hideByMoving(entry: Entry): StepRecord | undefined {
    const { disk, root, parts, holds } = this.store;
    if (entry.area === "past") return undefined;
    const file = join(root, entry.path);
    if (entry.area === "parts") {
      const record = readRecord(disk, file, entry.key);
      parts.drop(entry.key);
      return typeof record === "object" ? record : undefined;
    }
    const hold = holds.take(entry.key, this.owner);
    if (!("release" in hold)) return undefined;
    try {
      const record = readRecord(disk, file, entry.key);
      if (typeof record !== "object" || resultId(record) !== entry.result) return undefined;
      // A move needs no room on a disk that is full; a record of before results had ids must be written anew.
      if (record.result === undefined) this.store.records.drop(entry.key);
      else inFolder(disk, pastFile(root, entry), () => disk.rename(file, pastFile(root, entry)));
      this.store.records.forget(entry.key);
      return record;
    } finally {
      hold.release();
    }
  }

  async #removeObjects(found: Survey, names: readonly string[], before: bigint): Promise<void> {
    const { disk, root } = this.store;
    const going = names.filter(name => (found.objects.get(name)?.ctime ?? before) < before);
    await this.#each(going, name => {
      const file = join(root, "objects", name.slice(0, 2), name);
      const blob = found.objects.get(name);
      if (blob === undefined || !removeUnlessTouched(disk, file, blob)) return;
      this.#freed += blob.bytes;
      this.store.stats.forget(blob.ino);
    });
    await this.#each(found.trees, digest => {
      const shard = digest.slice(0, 2);
      const manifest = join(root, "objects", shard, `${digest}.tree`);
      const folder = join(root, "trees", shard, digest);
      if (disk.lstat(manifest) !== undefined || (disk.lstat(folder)?.ctimeNs ?? before) >= before) return;
      // A run writes the manifest before it relies on a folder that is there.
      const aside = temporaryName(folder);
      if (!moved(disk, folder, aside)) return;
      if (disk.lstat(manifest) !== undefined && moved(disk, aside, folder)) return;
      remove(disk, aside);
    });
  }

  async #removeRest(plan: Plan, dropped: ReadonlySet<Entry>): Promise<void> {
    const { disk, root } = this.store;
    await this.#each([...dropped], entry => {
      if (entry.area === "parts") this.#freed += entry.bytes;
      const aside = this.#aside.get(entry);
      const file = pastFile(root, entry);
      if (aside !== undefined && plan.history.has(entry)) this.#toPast(entry, aside);
      if (entry.area === "parts" || plan.history.has(entry)) return;
      remove(disk, aside ?? file);
      this.#freed += entry.bytes;
      removeEmpty(disk, dirname(file));
    });
    await this.#each(plan.rest, ({ path, bytes }) => {
      remove(disk, join(root, path));
      this.#freed += bytes;
    });
    await this.#each(plan.runs, ({ id, bytes }) => {
      this.store.runs.drop(id);
      this.#freed += bytes;
    });
  }

  /** What is known of a result stays although its bytes went. Without room still it stays in use, and is found to lack them. */
  #toPast(entry: Entry, aside: string): void {
    const { disk, root } = this.store;
    const file = pastFile(root, entry);
    try {
      inFolder(disk, file, () => disk.rename(aside, file));
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#putBack(entry, aside);
    }
  }

  async #each<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
    const breath = breather();
    for (const [i, item] of items.entries()) {
      if (i % CHECK === 0) {
        this.hooks.signal?.throwIfAborted();
        if (!this.hold.held()) throw new GcOvertaken("another gc has taken this one for dead");
      }
      act(item);
      await breath();
    }
  }
}

/** It slept, or its disk failed, for so long that another gc took over: that one does the work. */
export class GcOvertaken extends Error {
  override readonly name = "GcOvertaken";
}

/**
 * Enters a gc among the runs under way. On a full disk there is no room for that, and gc is what makes room: then it goes
 * on unseen, and without a hold, once no other gc is under way.
 */
function enter(store: Store): { readonly owner: string; readonly unseen: boolean; leave(): void } {
  const run = `gc-${count++}`;
  try {
    const entered = store.live.enter(run);
    return { owner: entered.owner, leave: () => entered.leave(), unseen: false };
  } catch (error) {
    if (!isFull(error)) throw error;
    return { owner: ownerText(run), leave: () => undefined, unseen: true };
  }
}

/** Of this process: an owner is one gc alone. */
let count = 0;
/** The hold that one gc of a store at a time has. */
const KEY = sha256("vistas.gc.1");
const LOOK_MS = 100;
const FAR = 2n ** 63n;
/** Of how many removals one asks first whether this gc may still go on. */
const CHECK = 64;

async function alone(
  store: Store,
  { owner, unseen }: { owner: string; unseen: boolean },
  { waits, wait = pause, signal }: GcHooks,
): Promise<Hold> {
  let told = "";
  for (;;) {
    signal?.throwIfAborted();
    const got = takeHold(store, owner, unseen);
    if ("release" in got) return got;
    if (got.token !== told) waits?.(parseOwner(got.owner)?.host ?? "?", parseOwner(got.owner)?.pid ?? 0);
    told = got.token;
    await wait(LOOK_MS);
  }
}

function takeHold(store: Store, owner: string, unseen: boolean): Hold | Holder {
  if (!unseen) return store.holds.take(KEY, owner);
  const holder = store.holds.holder(KEY);
  if (holder !== undefined && !store.live.isDead(holder.owner)) return holder;
  return { key: KEY, after: [], held: () => true, release: () => undefined };
}

function oldest(live: readonly LiveRun[]): bigint {
  return live.map(({ begun }) => begun).reduce((a, b) => (a < b ? a : b), FAR);
}

function circumstances(live: readonly LiveRun[], before: bigint): Circumstances {
  const inUse = new Set(live.flatMap(({ keys }) => [...keys]));
  return { inUse, before, writing: path => exists(writerOf(path) ?? 0) };
}

function pastFile(root: string, { key, result }: Entry): string {
  return join(root, "past", key.slice(0, 2), key, `${result}.json`);
}

/** Whether it is gone. One that a run marked as its own since it was surveyed, or put there anew, stays. */
function removeUnlessTouched(disk: Disk, file: string, seen: { ino: bigint; mtime: bigint }): boolean {
  const aside = temporaryName(file);
  if (!moved(disk, file, aside)) return false;
  const now = disk.lstat(aside);
  if (now?.ino === seen.ino && now.mtimeNs === seen.mtime) {
    disk.unlink(aside);
    return true;
  }
  // Where the run has put it there again meanwhile, that one has the same bytes.
  if (disk.lstat(file) === undefined) disk.rename(aside, file);
  else remove(disk, aside);
  return false;
}
