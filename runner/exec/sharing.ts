import type { KeyLock } from "../store/locks/key-locks.js";
import type { Entered } from "../store/locks/liveness.js";
import { parseOwner } from "../store/locks/owner.js";
import type { Store } from "../store/store.js";
import { enterShared, type WaitHooks } from "../store/locks/turns.js";
import { guard } from "./attempt/guard.js";
import { endStaleRun, endStaleRuns } from "./attempt/stale-runs.js";
import { Waits } from "./waits.js";

/** The run that is making something. */
export interface Maker {
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  /** Tells this making from a later one. */
  readonly token: string;
}

/**
 * One run's side of sharing a store with others: it shows that it is alive, locks the keys of what it is making, and
 * waits for what others are making.
 *
 * Why no two runs can wait for each other: the lock of a step is taken without waiting, together with the cores that the
 * step needs, or neither is; so only steps that execute have locks. An executing step waits for parts alone, and while
 * it has claimed one itself, for none (parts.ts). Every lock therefore ends when its step does, or when its owner is
 * found dead.
 */
export class Sharing {
  readonly #waits: Waits;
  readonly #locks = new Map<string, KeyLock>();
  readonly #askedAgain = new Set<string>();
  readonly #takenOver: Promise<unknown>[] = [];
  #guarded: Promise<() => void> | undefined;

  private constructor(
    private readonly store: Store,
    private readonly run: string,
    private readonly entered: Entered,
  ) {
    this.#waits = new Waits(store);
  }

  /** Waits for a gc that is at work on the store. */
  static async begin(store: Store, run: string, hooks: WaitHooks): Promise<Sharing> {
    return new Sharing(store, run, await enterShared(store, run, hooks));
  }

  /**
   * The folder in which the run's steps work, once what dead runs have left is out of the way. What of it cannot be
   * removed is in nobody's way: gc reports it.
   */
  async folder(): Promise<string> {
    this.#guarded ??= endStaleRuns(this.store, this.entered.owner).then(() => guard(this.run));
    await this.#guarded;
    this.entered.beatApart();
    return this.entered.folder;
  }

  /**
   * Takes the right to make `key` for the node `id`. Otherwise gives the promise of when to look for its result (again):
   * when the run that is making it, which `waitsFor` is told, is done or dead; or at once, if it is there by now.
   * `forced`: a result that is there is of no use.
   */
  take(
    id: string,
    key: string,
    forced: boolean,
    waitsFor: (maker: Maker) => void,
  ): Promise<void> | undefined {
    this.release(id);
    const got = this.store.locks.take(key, this.entered.owner);
    if ("token" in got) {
      const { run, host, pid } = parseOwner(got.owner) ?? { run: got.owner, host: "?", pid: 0 };
      waitsFor({ run, host, pid, token: got.token });
      return this.#waits.freed(key, got).then(() => this.store.records.forget(key));
    }
    // It may have been made and released between the look-up and the taking. Asked once: a record that is there and of
    // no use must not be asked after for ever.
    if (!forced && !this.#askedAgain.has(key) && this.store.records.has(key)) {
      this.#askedAgain.add(key);
      got.release();
      this.store.records.forget(key);
      return Promise.resolve();
    }
    this.#locks.set(id, got);
    this.#endStaleRun(got);
    return undefined;
  }

  /**
   * Takes the right to make a part. Otherwise gives the promise of when to look for it (again): when it is made, or
   * whoever was making it is dead.
   */
  takePart(key: string): KeyLock | Promise<void> {
    const got = this.store.locks.take(key, this.entered.owner);
    if ("token" in got) return this.#waits.freed(key, got);
    this.#endStaleRun(got);
    const release = (): void => {
      got.release();
      this.#waits.look(key);
    };
    return { ...got, release };
  }

  /** Whether the node may still record what it made: no other run has taken this one for dead. */
  mayRecord(id: string): boolean {
    return this.#locks.get(id)?.held() ?? false;
  }

  release(id: string): void {
    try {
      this.#locks.get(id)?.release();
    } catch {
      // The disk fails: whoever waits for it takes over when this run has left.
    }
    this.#locks.delete(id);
  }

  /** What cannot be removed now stays for a later run, which will say so if it is in its way. */
  #endStaleRun({ after }: KeyLock): void {
    for (const dead of after) this.#takenOver.push(endStaleRun(this.store, dead).catch(() => []));
  }

  /** Ends the sharing. Never rejects: the run is over. */
  async close(): Promise<void> {
    this.#waits.close();
    for (const id of [...this.#locks.keys()]) this.release(id);
    await Promise.all(this.#takenOver);
    // Why it could not be set up was told by the steps, which failed.
    const dismiss = await this.#guarded?.catch(() => undefined);
    this.entered.leave();
    dismiss?.();
  }
}
