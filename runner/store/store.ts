import { join } from "node:path";
import { sha256 } from "../cache/hash.js";
import type { Clock } from "../core/clock.js";
import { Digester } from "./objects/digest.js";
import { systemDisk, type Disk } from "./disk.js";
import { writeAtomic } from "./files.js";
import { paths } from "./paths.js";
import { checkFormat, writeFormat } from "./format.js";
import { KeyLocks } from "./locks/key-locks.js";
import { LiveRuns } from "./locks/liveness.js";
import { Objects } from "./objects/objects.js";
import { Records, Runs } from "./records/records.js";
import { Results } from "./records/results.js";
import { StatCache } from "./memory/stat-cache.js";
import { UserCache } from "./memory/user-cache.js";
import { Written } from "./checkout/written.js";

/**
 * Everything vistas keeps, below one folder (default `artifacts/`). All but `published/`, which is the user's
 * own and never touched, may be deleted at any time at the price of running again.
 * - `objects/`, `trees/`: artifacts by content
 * - `records/`: what each key produced; `past/`: what it produced before
 * - `runs/`, `logs/`: past runs
 * - `holds/`: what each of the runs under way is making
 * - `work/`: one folder for each run under way, in which its steps work
 */
export class Store {
  readonly stats: StatCache;
  readonly digester: Digester;
  readonly objects: Objects;
  readonly records: Results;
  readonly parts: Records;
  readonly runs: Runs;
  /** The runs under way, of this process and any other. */
  readonly live: LiveRuns;
  /** Who of them makes what. */
  readonly locks: KeyLocks;
  /** What checkouts wrote where. */
  readonly written: Written;

  constructor(
    readonly root: string,
    clock: Clock,
    readonly disk: Disk = systemDisk,
    /** Outside the store: nothing that decides what runs is believed from it. */
    readonly cache: UserCache = new UserCache(),
  ) {
    this.stats = new StatCache(cache.statsFile(root), clock, disk);
    this.digester = new Digester(this.stats, disk);
    this.objects = new Objects(root, this.stats, disk);
    this.records = new Results(root, disk);
    this.parts = new Records(root, "parts", disk);
    this.runs = new Runs(root, disk);
    this.live = new LiveRuns(join(root, paths.work), clock, disk);
    this.written = new Written(cache.memo("checkouts"));
    this.locks = new KeyLocks(join(root, paths.locks), disk, owner => this.live.isDead(owner));
  }

  /** Throws a `UsageError` for a store that a newer vistas has laid out. */
  check(): void {
    checkFormat(this.disk, this.root);
  }

  /** Makes the root, which git is told to leave alone but for `published/`. `by`: name and version of who does. */
  prepare(by: string): void {
    this.check();
    writeFormat(this.disk, this.root, by);
    const ignore = join(this.root, paths.ignore);
    if (this.disk.lstat(ignore) === undefined)
      writeAtomic(this.disk, ignore, "*\n!.gitignore\n!published/\n!published/**\n");
  }

  /** Where runs have their work folders. */
  workFolders(): string {
    return join(this.root, paths.work);
  }

  logFile(run: string, id: string): string {
    const plain = id.replace(/[^A-Za-z0-9_.=,[\]-]/g, "_").slice(0, 120);
    // Two ids that differ only in what a file name cannot hold must not share a log.
    return join(this.root, paths.log(run, plain === id ? id : `${plain}-${sha256(id).slice(0, 8)}`));
  }
}
