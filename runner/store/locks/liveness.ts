import { join } from "node:path";
import type { Clock } from "../../core/clock.js";
import { Worker } from "node:worker_threads";
import type { BeatData } from "./beat-thread.js";
import { runnerFile } from "../../core/self/here.js";
import { isCode, systemDisk, type Disk } from "../disk.js";
import { discard, listIfAny, removeEmpty, writeDisposable } from "../files.js";
import { livenessOf, ownerText, parseOwner } from "./owner.js";

/** A run under way, as it last told of itself. */
export interface LiveRun {
  readonly owner: string;
  /** The run's id; its logs are in `logs/<run>/`. */
  readonly run: string;
  readonly host: string;
  readonly pid: number;
}

/** This process's own run, entered among those under way. */
export interface Entered {
  readonly owner: string;
  /** The run's folder, in which its steps work. It exists until `leave`. */
  readonly folder: string;
  /**
   * From now on a thread beats: to be called before work begins in which this one may be kept from it, be it by a call of
   * the system that takes minutes.
   */
  beatApart(): void;
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
 * `alive` that grows by a byte at every beat. The length is the heartbeat, so no two
 * clocks are ever compared: a run is dead if its process is gone (asked on its own host), or if its file did not grow
 * for PATIENCE_S while the observer was itself awake and looking.
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
    try {
      this.disk.makeFolder(folder);
      this.#append(join(folder, ALIVE), ".");
    } catch (error) {
      discard(this.disk, folder);
      throw error;
    }
    let apart: Worker | undefined;
    const stop = every(BEAT_MS, () => {
      try {
        this.#append(join(folder, ALIVE), ".");
      } catch {
        // A full or lost disk: others may take this run for dead and go on without it. That costs time only, because a
        // run that was overtaken finds out before it records anything.
      }
    });
    return {
      owner,
      folder,
      beatApart: () => {
        if (apart !== undefined || this.disk !== systemDisk) return;
        const workerData: BeatData = { file: join(folder, ALIVE), ms: BEAT_MS };
        apart = new Worker(runnerFile("store/locks/beat-thread.js"), { workerData, resourceLimits: SMALL });
        apart.unref();
        // Without a thread (no memory for one) the beats of this one go on.
        apart.once("online", stop).once("error", () => undefined);
      },
      leave: () => {
        stop();
        void apart?.terminate();
        discard(this.disk, join(folder, ALIVE));
        writeDisposable(() => removeEmpty(this.disk, folder));
      },
    };
  }

  /** The runs that are not known to be dead. */
  list(): LiveRun[] {
    return this.#owners().flatMap(owner => {
      const parsed = parseOwner(owner);
      if (parsed === undefined || this.isDead(owner)) return [];
      return [{ ...parsed, owner }];
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

  /** Whether an owner is known to be dead. To learn it of one on another host, ask again and again. */
  isDead(text: string): boolean {
    const owner = parseOwner(text);
    // No vistas wrote it: it belongs to nobody.
    if (owner === undefined) return true;
    const liveness = livenessOf(owner);
    if (liveness === "gone") return true;
    const beats = this.#beats(text);
    // It has left, or was swept away.
    if (beats === undefined) return true;
    // A process that is there and not stopped gets on, however long a single call of it may take.
    return liveness !== "alive" && this.#silent(text, beats);
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
    try {
      return this.disk.readFile(join(this.folder, owner, ALIVE)).length;
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

/** Megabytes, of a thread that does next to nothing. */
const SMALL = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 };

interface Heard {
  readonly beats: number;
  /** When it was last looked at, seconds of the observer's clock. */
  readonly looked: number;
  /** Seconds for which it has been watched without a beat. */
  readonly silence: number;
}

const ALIVE = "alive";
/** Looks further apart than this do not count in full: the observer may have slept in between. */
const MOST_GAP_S = 2;

function isGone(text: string): boolean {
  const owner = parseOwner(text);
  return owner !== undefined && livenessOf(owner) === "gone";
}

function everyUnref(ms: number, beat: () => void): () => void {
  const timer = setInterval(beat, ms);
  timer.unref();
  return () => clearInterval(timer);
}
