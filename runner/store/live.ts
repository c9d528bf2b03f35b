import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../core/clock.js";
import { isCode, type Disk } from "./disk.js";
import { discard, listIfAny, removeEmpty, writeDisposable } from "./files.js";
import { fateOf, ownerText, parseOwner } from "./owner.js";

/** A run under way, as it last told of itself. */
export interface LiveRun {
  readonly owner: string;
  /** The run's id; its logs are in `logs/<run>/`. */
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  /** Keys of the records and parts that it has looked up or made: what it may still read from the store. */
  readonly keys: ReadonlySet<string>;
  /** When it began, by the clock of the store's disk: ns, to be compared with the ctime of files there. */
  readonly begun: bigint;
}

/** This process's own run, entered among those under way. */
export interface Entered {
  readonly owner: string;
  /** The run's folder, in which its steps work. It exists until `leave`. */
  readonly folder: string;
  /** From its next beat on, the record or part of this key is told to be in use. To be called before it is looked up. */
  uses(key: string): void;
  /** Takes the run out. Its folder goes too, if nothing of its steps is in it. Never throws: the run is over. */
  leave(): void;
}

/** Calls `beat` again and again; gives the function that ends it. */
export type Every = (ms: number, beat: () => void) => () => void;

/** How often a run shows that it goes on. */
export const BEAT_MS = 2000;
/** A run of which no beat was seen for so long, by the observer's own clock, counts as dead. */
export const PATIENCE_S = 60;

/**
 * The runs under way on a store, of any number of processes and hosts. Each has a folder `work/<owner>/`, in it a file
 * `alive` that grows by a byte at every beat, and a file `keys` of what it uses. The length is the heartbeat, so no two
 * clocks are ever compared: a run is dead if its process is gone (asked on its own host), or if its file did not grow
 * for PATIENCE_S while the observer was itself awake and looking.
 *
 * For whoever deletes from the store (gc): first put out of sight what is to go (records before objects), then ask
 * `announced()`, then bring back what it names and delete the rest. A run that had looked up a key before it was put
 * out of sight has told of it by then; one that comes later does not find it, and makes it anew. Objects that a run has
 * taken but not yet recorded are under no key: where `list()` is not empty, there may be such.
 */
export class LiveRuns {
  readonly #heard = new Map<string, Heard>();

  constructor(
    /** `work/` of the store. */
    private readonly folder: string,
    private readonly clock: Clock,
    private readonly disk: Disk,
  ) {}

  /** Enters this process's run. The beats do not keep the process alive. */
  enter(run: string, every: Every = everyUnref): Entered {
    const owner = ownerText(run);
    const folder = join(this.folder, owner);
    let news: string[] = [];
    try {
      this.disk.makeFolder(folder);
      // Before the first beat: whoever sees the run alive sees when it began.
      this.#append(join(folder, BEGUN), "");
      this.#append(join(folder, ALIVE), ".");
    } catch (error) {
      discard(this.disk, folder);
      throw error;
    }
    const stop = every(BEAT_MS, () => {
      try {
        // After a line end, in case that the last write was cut short.
        if (news.length > 0) this.#append(join(folder, KEYS), `\n${news.join("\n")}\n`);
        news = [];
        this.#append(join(folder, ALIVE), ".");
      } catch {
        // A full or lost disk: others may take this run for dead and go on without it. That costs time only, because a
        // run that was overtaken finds out before it records anything.
      }
    });
    return {
      owner,
      folder,
      uses: key => void news.push(key),
      leave: () => {
        stop();
        for (const name of [KEYS, BEGUN, ALIVE]) discard(this.disk, join(folder, name));
        writeDisposable(() => removeEmpty(this.disk, folder));
      },
    };
  }

  /** The runs that are not known to be dead. */
  list(): LiveRun[] {
    return this.#owners().flatMap(owner => {
      const parsed = parseOwner(owner);
      if (parsed === undefined || this.isDead(owner)) return [];
      return [{ ...parsed, owner, keys: this.#keys(owner), begun: this.#begun(owner) }];
    });
  }

  /** Owners whose folder is still here although their process, of this host, is gone. */
  left(): string[] {
    return this.#owners().filter(isGone);
  }

  /** Where an owner's steps work, or worked. */
  folderOf(owner: string): string {
    return join(this.folder, owner);
  }

  /**
   * Every key in use, once each run that was live at the call has told of its keys since, or has ended. Takes up to
   * BEAT_MS, or PATIENCE_S where a run gives no sign. Not waited for: `self`, the owner who asks.
   */
  async announced(wait: (ms: number) => Promise<unknown> = pause, self = ""): Promise<Set<string>> {
    const others = this.#owners().filter(owner => owner !== self);
    const before = new Map(others.map(owner => [owner, this.#beats(owner)]));
    for (;;) {
      for (const [owner, beats] of before)
        if (this.isDead(owner) || this.#beats(owner) !== beats) before.delete(owner);
      if (before.size === 0) break;
      await wait(LOOK_MS);
    }
    return new Set(this.list().flatMap(({ keys }) => [...keys]));
  }

  /** Whether an owner is known to be dead. To learn it of one on another host, ask again and again. */
  isDead(text: string): boolean {
    const owner = parseOwner(text);
    // No vistas wrote it: it belongs to nobody.
    if (owner === undefined) return true;
    const fate = fateOf(owner);
    if (fate === "gone") return true;
    const beats = this.#beats(text);
    // It has left, or was swept away.
    if (beats === undefined) return true;
    // A process that is there and not stopped gets on, however long a single call of it may take.
    return fate !== "alive" && this.#silent(text, beats);
  }

  /** Counts only time in which the owner was looked at: an observer that slept itself has seen no silence. */
  #silent(owner: string, beats: number): boolean {
    const now = this.clock.seconds();
    const heard = this.#heard.get(owner);
    if (heard?.beats !== beats) {
      this.#heard.set(owner, { beats, looked: now, silence: 0 });
      return false;
    }
    const silence = heard.silence + Math.min(now - heard.looked, MOST_GAP_S);
    this.#heard.set(owner, { beats, looked: now, silence });
    return silence >= PATIENCE_S;
  }

  /** Read, not merely asked after: network disks remember the sizes of files that they have not opened. */
  #beats(owner: string): number | undefined {
    return this.#read(owner, ALIVE)?.length;
  }

  /** Unknown (it may just be leaving): as if it had been there for ever. */
  #begun(owner: string): bigint {
    return this.disk.lstat(join(this.folder, owner, BEGUN))?.ctimeNs ?? 0n;
  }

  #keys(owner: string): Set<string> {
    const lines = this.#read(owner, KEYS)?.toString("latin1").split("\n") ?? [];
    // One may be torn.
    return new Set(lines.filter(line => line.length === KEY_LENGTH));
  }

  #read(owner: string, name: string): Buffer | undefined {
    try {
      return this.disk.readFile(join(this.folder, owner, name));
    } catch (error) {
      if (isCode(error, "ENOENT", "ENOTDIR", "ESTALE")) return undefined;
      throw error;
    }
  }

  #owners(): string[] {
    return (listIfAny(this.disk, this.folder) ?? []).filter(name => parseOwner(name) !== undefined);
  }

  /** Closed each time, because network disks show others what was written only then. */
  #append(file: string, text: string): void {
    const bytes = Buffer.from(text);
    const fd = this.disk.open(file, "a");
    try {
      for (let done = 0; done < bytes.length;) done += this.disk.write(fd, bytes, done);
    } finally {
      this.disk.close(fd);
    }
  }
}

interface Heard {
  readonly beats: number;
  /** When it was last looked at, seconds of the observer's clock. */
  readonly looked: number;
  /** Seconds for which it has been watched without a beat. */
  readonly silence: number;
}

/** Written once. */
const BEGUN = "begun";
const ALIVE = "alive";
const KEYS = "keys";
const KEY_LENGTH = 64;
const LOOK_MS = 100;
/** Looks further apart than this do not count in full: the observer may have slept in between. */
const MOST_GAP_S = 2;

function isGone(text: string): boolean {
  const owner = parseOwner(text);
  return owner !== undefined && fateOf(owner) === "gone";
}

function everyUnref(ms: number, beat: () => void): () => void {
  const timer = setInterval(beat, ms);
  timer.unref();
  return () => clearInterval(timer);
}
