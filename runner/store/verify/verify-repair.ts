import type { BigIntStats } from "node:fs";
import { dirname, join } from "node:path";
import type { Disk } from "../disk.js";
import { faultText } from "../fault.js";
import { discard, moved, remove, temporaryName } from "../files.js";
import type { Store } from "../store.js";
import { paths } from "../paths.js";
import type { User } from "./verify.js";
import type { Assessed } from "./verify-loss.js";

/** What came of a repair: nothing where it is done, else why it could not be, in words. */
export interface Repaired extends Assessed {
  readonly refused?: string;
}

/**
 * Takes what is damaged, and nothing else, out of the store, so that the next run that needs it makes it again. What
 * nothing can make again is moved to `lost/` under its old path: with one bit flipped, a person may still read it.
 * Results and parts that lack bytes go out of use; what a result was stays known to the runs that had it.
 * Refuses all where a folder of the store is a link to a disk that is not there: nothing can be told of what is on it.
 * Safe beside runs that are under way: only the very file that was found damaged goes, not one put in its place since,
 * and a result goes out of use only if it lacks bytes at that moment.
 */
export async function repair(store: Store, damage: readonly Assessed[], by: string): Promise<Repaired[]> {
  const away = damage.find(({ item, seen }) => item.kind === "obstacle" && seen?.isSymbolicLink() === true);
  if (away !== undefined)
    return damage.map(one => ({
      ...one,
      refused: `${away.item.path} is a link that leads nowhere: is its disk there?`,
    }));
  const found: Repaired[] = [];
  // All that is damaged first: what is then looked at again must not be put together from it.
  for (const one of damage) {
    const refused = attempted(() => takeAway(store, one));
    found.push({ ...one, ...(refused === undefined ? {} : { refused }) });
  }
  const users = new Map(damage.flatMap(one => one.users.map(user => [user.item.path, user] as const)));
  for (const user of users.values()) await outOfUse(store, user);
  if (damage.some(({ item }) => item.kind === "format")) store.prepare(by);
  return found;
}

function takeAway({ disk, root }: Store, { item, seen, cure }: Assessed): void {
  if (seen === undefined) return;
  const path = join(root, item.path);
  const aside = temporaryName(path);
  if (!moved(disk, path, aside)) return;
  if (!isSame(disk, aside, seen)) {
    // Made anew since it was looked at.
    if (!moved(disk, aside, path)) discard(disk, aside);
  } else if (cure === "lost") {
    const kept = join(root, paths.lost(item.path));
    remove(disk, kept);
    disk.makeFolder(dirname(kept));
    disk.rename(aside, kept);
  } else remove(disk, aside);
}

function isSame(disk: Disk, path: string, seen: BigIntStats): boolean {
  const now = disk.lstat(path);
  return now?.ino === seen.ino && now.size === seen.size && now.mtimeNs === seen.mtimeNs;
}

async function outOfUse(store: Store, { item, made }: User): Promise<void> {
  if (item.kind === "past") return;
  const records = item.kind === "part" ? store.parts : store.records;
  records.forget(item.name);
  const record = records.get(item.name);
  if (record === undefined || record.id !== made.id) return;
  // Lays folders out again where only that is wanting.
  for (const ref of Object.values(record.outputs))
    if ((await store.objects.heal(ref)) !== "whole") {
      records.drop(item.name);
      return;
    }
}

function attempted(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const text = faultText(error);
    if (text === undefined) throw error;
    return text;
  }
}
