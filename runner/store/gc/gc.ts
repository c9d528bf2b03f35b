import { dirname, join } from "node:path";
import type { Disk } from "../disk.js";
import { breather, inFolder, isFull, moved, remove, removeEmpty, temporaryName, writerOf } from "../files.js";
import { paths } from "../paths.js";
import { planGc, unneeded, type Plan, type Policy } from "./gc-plan.js";
import { exists } from "../locks/owner.js";
import { survey, type Entry, type Survey } from "./survey.js";
import { removeScratch } from "../scratch.js";
import type { Store } from "../store.js";
import { enterAlone, tryAlone, type Alone, type WaitHooks } from "../locks/turns.js";

/** What a gc reports and asks while it is under way. */
export interface GcHooks extends WaitHooks {
  /** Ends and removes what dead runs left. */
  readonly sweep?: (owner: string) => Promise<void>;
}

export interface Collected {
  readonly plan: Plan;
  /** Bytes of objects and files that are gone now. */
  readonly freed: number;
  /** Run records that cannot be read. With any, nothing was planned or removed: what they need is not known. */
  readonly unreadable: readonly string[];
}

/** What a gc would do now, were no run under way. Changes nothing, and waits for nobody. */
export async function dryRun(store: Store, policy: Policy): Promise<Collected> {
  const found = await survey(store.disk, store.root);
  return { plan: planGc(found, policy, isWriting), freed: 0, unreadable: found.unreadable };
}

/**
 * Removes from a store what `policy` does not keep: marks what is needed, and sweeps the rest. Nobody else is at work on
 * the store meanwhile: it waits for the runs under way, and those that come wait for it. It may be killed at any
 * operation: then what it was to remove is in part gone, and nothing else is, for what names objects goes before them.
 *
 * On a full disk there is no room to enter the store alone, and gc is what makes room. Then it begins once no run is
 * under way (none can begin either), and begins anew, alone, as soon as there is room.
 */
export async function gc(store: Store, policy: Policy, hooks: GcHooks = {}): Promise<Collected> {
  const alone = await enterAlone(store, hooks);
  if (alone !== undefined) return sweep(store, policy, alone, hooks);
  let entered: Alone | undefined;
  const onFull = await collect(store, policy, hooks, () => (entered ??= tryAlone(store)) === undefined);
  if (entered === undefined) return onFull;
  const { freed, unreadable } = await sweep(store, policy, entered, hooks);
  return { plan: onFull.plan, freed: onFull.freed + freed, unreadable };
}

async function sweep(store: Store, policy: Policy, alone: Alone, hooks: GcHooks): Promise<Collected> {
  try {
    await hooks.sweep?.(alone.owner);
    let count = 0;
    return await collect(store, policy, hooks, () => {
      if (count++ % CHECK === 0 && !alone.held())
        throw new GcOvertaken("another gc has taken this one for dead");
      return true;
    });
  } finally {
    alone.leave();
  }
}

/** `goesOn` is asked before each removal. */
async function collect(
  store: Store,
  policy: Policy,
  { signal }: GcHooks,
  goesOn: () => boolean,
): Promise<Collected> {
  const found = await survey(store.disk, store.root);
  const plan = planGc(found, policy, isWriting);
  const { unreadable } = found;
  let freed = 0;
  if (unreadable.length > 0) return { plan, freed, unreadable };
  const breath = breather();
  for (const removal of removals(store, found, plan)) {
    signal?.throwIfAborted();
    if (!goesOn()) break;
    freed += await removal();
    await breath();
  }
  return { plan, freed, unreadable };
}

/** What is to be done, one after the other, each giving the bytes that it frees. What names objects goes before them. */
function* removals(store: Store, found: Survey, plan: Plan): Generator<() => number | Promise<number>> {
  const { disk, root } = store;
  const postponed: Entry[] = [];
  for (const entry of plan.entries)
    yield () => {
      const file = join(root, entry.path);
      if (plan.history.has(entry)) {
        if (!toPast(disk, root, entry)) postponed.push(entry);
        return 0;
      }
      remove(disk, file);
      if (entry.area === "past") removeEmpty(disk, dirname(file));
      return entry.bytes;
    };
  for (const name of unneeded(found, new Set(plan.entries)))
    yield () => {
      const blob = found.objects.get(name);
      remove(disk, join(root, paths.blob(name)));
      if (blob !== undefined) store.stats.forget(blob.ino);
      return blob?.bytes ?? 0;
    };
  for (const digest of found.trees) {
    if (disk.lstat(join(root, paths.object("tree", digest))) !== undefined) continue;
    yield () => {
      const folder = join(root, paths.tree(digest));
      const aside = temporaryName(folder);
      // In one step: half a folder is never seen.
      if (moved(disk, folder, aside)) remove(disk, aside);
      return 0;
    };
  }
  // There is room now. Without any still a record stays in use, and is found to lack its bytes.
  for (const entry of postponed)
    yield () => {
      toPast(disk, root, entry);
      return 0;
    };
  for (const { kind, path, bytes } of plan.rest)
    yield async () => {
      if (kind === "failed") return (await removeScratch(join(root, path))) === undefined ? bytes : 0;
      remove(disk, join(root, path));
      return bytes;
    };
  for (const { id, bytes } of plan.runs)
    yield () => {
      store.runs.drop(id);
      return bytes;
    };
}

/** Moves the record of a result whose bytes go to where what was known of it stays; false on a full disk. */
function toPast(disk: Disk, root: string, { path, area, key, result }: Entry): boolean {
  if (area !== "records") return true;
  const file = join(root, paths.past(key, result));
  try {
    inFolder(disk, file, () => disk.rename(join(root, path), file));
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    return false;
  }
}

/** It slept, or its disk failed, for so long that another gc took over: that one does the work. */
export class GcOvertaken extends Error {
  override readonly name = "GcOvertaken";
}

/** Of how many removals one asks first whether this gc may still go on. */
const CHECK = 64;

/** Whether the process that writes a temporary file is still there. */
function isWriting(path: string): boolean {
  return exists(writerOf(path) ?? 0);
}
