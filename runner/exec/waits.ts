import { setTimeout as timer } from "node:timers/promises";
import type { Holder } from "../store/locks/key-locks.js";
import type { Store } from "../store/store.js";

export type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>;

/**
 * Waits for what other runs are making. It looks again and again, because no disk that is shared over a network tells
 * of changes: soon at first, and at most every half a second, two small reads for each lock that is waited for.
 */
export class Waits {
  readonly #waiting = new Map<string, { readonly holder: Holder; readonly tell: (() => void)[] }>();
  readonly #end = new AbortController();
  #looking = false;

  constructor(
    private readonly store: Pick<Store, "locks" | "live">,
    private readonly pause: Pause = (ms, signal) => timer(ms, undefined, { signal }),
  ) {}

  /** Resolves once `holder` no longer has the key, or is dead. Never, after `close`. */
  freed(key: string, holder: Holder): Promise<void> {
    return new Promise(resolve => {
      const there = this.#waiting.get(key);
      // Of two answers on who holds it, either will do: whoever is told asks again.
      if (there === undefined) this.#waiting.set(key, { holder, tell: [resolve] });
      else there.tell.push(resolve);
      if (!this.#looking) void this.#look();
    });
  }

  /** Ends the waiting; what was promised stays open. */
  close(): void {
    this.#waiting.clear();
    this.#end.abort();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    for (let ms = FIRST_MS; this.#waiting.size > 0; ms = Math.min(ms * 1.5, MOST_MS)) {
      try {
        await this.pause(ms, this.#end.signal);
      } catch {
        break; // Closed.
      }
      for (const key of [...this.#waiting.keys()]) if (this.look(key)) ms = FIRST_MS;
    }
    this.#looking = false;
  }

  /** Tells whoever waits for a key if it is free; for when this process has just let it go. */
  look(key: string): boolean {
    const found = this.#waiting.get(key);
    if (found === undefined || this.#isHeld(key, found.holder)) return false;
    this.#waiting.delete(key);
    for (const each of found.tell) each();
    return true;
  }

  #isHeld(key: string, { owner, token }: Holder): boolean {
    try {
      return this.store.locks.holder(key)?.token === token && !this.store.live.isDead(owner);
    } catch {
      return false; // Whoever waits asks again, and is told what is wrong.
    }
  }
}

const FIRST_MS = 10;
const MOST_MS = 500;
