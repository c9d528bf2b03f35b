import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { sha256 } from "../../cache/hash.js";
import { isObject, type Json } from "../../core/json.js";
import { systemDisk, type Disk } from "../disk.js";
import { readEnvelope, writeEnvelope } from "../records/envelope.js";
import { remove, writeDisposable } from "../files.js";

/** JSON values that are slow to compute and cheap to compute again, by the hash of what they were computed from. */
export interface Memo {
  get(hash: string): Json | undefined;
  put(hash: string, value: Json): void;
}

/**
 * One folder for each kind of memo: parsed pipelines, what a module's syntax tree says, what checkouts wrote where, who
 * interpreters are.
 */
const MEMOS = ["documents", "modules", "checkouts", "interpreters"] as const;
/** Values that a memo keeps after `prune`: those of the last weeks of work. */
const MOST_MEMOS = 1024;
/** How long an environment stays that nothing uses. */
const DAYS_UNUSED = 30;

/**
 * What vistas remembers for one user of one machine, to save time: parsed pipelines and modules, the digests of
 * unchanged files, which engines work. These decide what runs and what is reused, so they lie in a folder of the user's
 * own, outside every project and store: a clone, or a store that somebody else can write to, brings none of them. A
 * folder that belongs to another user, or that others may write to, is not believed. Losing it costs time only.
 */
export class UserCache {
  readonly #folder: string | undefined;

  /** Without a folder nothing is remembered from one call to the next. */
  constructor(
    folder?: string,
    private readonly disk: Disk = systemDisk,
  ) {
    this.#folder = folder !== undefined && isPrivate(folder) ? folder : undefined;
  }

  /** Where it lies; nothing where the folder is not the user's own. */
  get folder(): string | undefined {
    return this.#folder;
  }

  memo(area: (typeof MEMOS)[number]): Memo {
    const folder = this.#folder;
    if (folder === undefined) return { get: () => undefined, put: () => undefined };
    const file = (hash: string): string => join(folder, area, `${hash}.json`);
    return {
      get: hash => {
        const body = readEnvelope(this.disk, file(hash));
        // The name is part of the body, so that a file put in another's place is not taken for it.
        return isObject(body) && body["of"] === hash ? body["value"] : undefined;
      },
      put: (hash, value) =>
        writeDisposable(() => writeEnvelope(this.disk, file(hash), { of: hash, value }, { durable: false })),
    };
  }

  /** The stat cache of the store at `root`. */
  statsFile(root: string): string | undefined {
    if (this.#folder === undefined) return undefined;
    const folder = join(this.#folder, "stores", sha256(resolve(root)).slice(0, 32));
    writeDisposable(() => {
      if (this.disk.lstat(join(folder, "root")) !== undefined) return;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, "root"), resolve(root));
    });
    return join(folder, "stats");
  }

  /** Removes what nothing has used for a month, and what builds that were killed left; see runner/exec/environments/built.ts. */
  #pruneEnvironments(home: string, now: Date): void {
    const ages = within(home).map(path => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return {
        path,
        isRecord: path.endsWith(".json"),
        days: (now.getTime() - (stat?.mtimeMs ?? 0)) / 86_400_000,
      };
    });
    const kept = new Set<string>();
    for (const { path, days } of ages.filter(({ isRecord }) => isRecord)) {
      if (days > DAYS_UNUSED) rmSync(path, { force: true });
      else kept.add(/"folder":"([^"]+)"/.exec(readFileSync(path, "utf8"))?.[1] ?? "");
    }
    for (const { path, days } of ages.filter(({ isRecord }) => !isRecord))
      if (days > 1 && !kept.has(basename(path))) remove(this.disk, path);
  }

  /** Removes all but the newest memos, and what belongs to stores that are not there any more. */
  prune(now: Date): void {
    if (this.#folder === undefined) return;
    for (const area of MEMOS) {
      const files = within(join(this.#folder, area))
        .map(file => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
        .sort((a, b) => b.time - a.time);
      for (const { file } of files.slice(MOST_MEMOS)) rmSync(file, { force: true });
    }
    this.#pruneEnvironments(join(this.#folder, "environments"), now);
    for (const folder of within(join(this.#folder, "stores"))) {
      const named = join(folder, "root");
      const root = statSync(named, { throwIfNoEntry: false })?.isFile() ? readFileSync(named, "utf8") : "";
      if (statSync(root, { throwIfNoEntry: false }) === undefined) remove(this.disk, folder);
    }
  }
}

/** `VISTAS_CACHE`, else `vistas` in the folder that the system has for a user's caches. */
export function userCacheFolder(env: NodeJS.ProcessEnv, cwd: string): string {
  const { VISTAS_CACHE: named = "", XDG_CACHE_HOME: xdg = "", HOME: home = homedir() } = env;
  if (named !== "") return resolve(cwd, named);
  // The specification of XDG_CACHE_HOME says that a relative path is to be ignored.
  if (isAbsolute(xdg)) return join(xdg, "vistas");
  if (process.platform === "darwin") return join(home, "Library", "Caches", "vistas");
  if (process.platform === "win32")
    return join(env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "vistas", "Cache");
  return join(home, ".cache", "vistas");
}

/** A folder that only this user can write to, made where it is missing. */
function isPrivate(folder: string): boolean {
  let usable = false;
  writeDisposable(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    // Windows has neither; there a user's profile is private by its access list.
    usable = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  });
  return usable;
}

function within(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder).map(name => join(folder, name));
}
