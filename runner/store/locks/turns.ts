import { setTimeout as pause } from "node:timers/promises";
import { sha256 } from "../../cache/hash.js";
import { isFull } from "../files.js";
import type { Entered, LiveRun } from "./liveness.js";
import { parseOwner } from "./owner.js";
import type { Store } from "../store.js";

/** What whoever waits for a turn reports and asks. */
export interface WaitHooks {
  /** Called for each whose end is waited for, once. */
  readonly waits?: (other: Pick<LiveRun, "run" | "host" | "pid">) => void;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly signal?: AbortSignal;
}

/** The right to be alone at work on a store. */
export interface Alone {
  readonly owner: string;
  /** False once another has taken this one for dead. */
  held(): boolean;
  leave(): void;
}

/**
 * Enters a run, or a reader, among those at work on a store. Any number of them are at work together, and none while a gc
 * is: then it waits. Rejects with the signal's reason, and with what the disk says.
 *
 * It first enters and then looks for a gc; a gc first takes its lock and then looks for others. So at least one of the
 * two sees the other, and the gc lets the run go first.
 */
export async function enterShared(store: Store, run: string, hooks: WaitHooks = {}): Promise<Entered> {
  const reported = new Set<string>();
  for (;;) {
    hooks.signal?.throwIfAborted();
    const entered = store.live.enter(run);
    const holder = store.locks.holder(KEY);
    if (holder === undefined || store.live.isDead(holder.owner)) return entered;
    entered.leave();
    report([holder.owner], reported, hooks);
    await (hooks.wait ?? pause)(LOOK_MS);
  }
}

/** Enters a gc, once no run and no other gc is at work on the store. Nothing on a full disk, once no run is. */
export async function enterAlone(store: Store, hooks: WaitHooks = {}): Promise<Alone | undefined> {
  const reported = new Set<string>();
  for (;;) {
    hooks.signal?.throwIfAborted();
    const others = store.live.list();
    if (others.length === 0) {
      try {
        const alone = tryEnter(store);
        if (alone !== undefined) return alone;
      } catch (error) {
        if (!isFull(error)) throw error;
        return undefined;
      }
    }
    const owners = others.map(({ owner }) => owner);
    report(owners, reported, hooks);
    await (hooks.wait ?? pause)(LOOK_MS);
  }
}

/** The same at this moment; nothing where others are at work, or the disk is full. */
export function tryAlone(store: Store): Alone | undefined {
  try {
    return tryEnter(store);
  } catch (error) {
    if (isFull(error)) return undefined;
    throw error;
  }
}

function tryEnter(store: Store): Alone | undefined {
  const entered = store.live.enter(`gc-${count++}`);
  let lock: ReturnType<Store["locks"]["take"]> | undefined;
  try {
    lock = store.locks.take(KEY, entered.owner);
    const others = store.live.list().filter(({ owner }) => owner !== entered.owner);
    if ("release" in lock && others.length === 0) {
      const taken = lock;
      const leave = (): void => {
        taken.release();
        entered.leave();
      };
      return { owner: entered.owner, held: () => taken.held(), leave };
    }
  } catch (error) {
    entered.leave();
    throw error;
  }
  if ("release" in lock) lock.release();
  entered.leave();
  return undefined;
}

function report(owners: readonly string[], reported: Set<string>, { waits }: WaitHooks): void {
  for (const text of owners) {
    const owner = parseOwner(text);
    if (owner === undefined || reported.has(text)) continue;
    reported.add(text);
    waits?.(owner);
  }
}

/** In words, for whom one waits. */
export function turnText({ run, host, pid }: Pick<LiveRun, "run" | "host" | "pid">): string {
  const what = run.startsWith("gc-")
    ? "a gc"
    : run.startsWith(READING)
      ? "a reader of the store"
      : run.startsWith(SHELL)
        ? "a shell of `vistas shell`"
        : `run ${run}`;
  return `${what} on ${host} (pid ${pid})`;
}

/** Of this process: an owner is one gc alone. */
let count = 0;
/** The lock that one gc of a store at a time has. */
const KEY = sha256("vistas.gc.1");
const LOOK_MS = 100;
/** How the names of those begin that read, and are no runs. */
export const READING = "reading-";
/** The same of shells. */
export const SHELL = "shell-";
