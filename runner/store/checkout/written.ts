import { frame, sha256 } from "../../cache/hash.js";
import { isList, type Json } from "../../core/json.js";
import type { TreeEntry } from "../objects/manifest.js";
import type { Memo } from "../memory/user-cache.js";

/** Digests of what checkouts have written below a target, by path in it (`""`: the target itself). */
export type WrittenFiles = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Remembers what checkouts wrote where, so that a later one may replace or remove it where the user has not changed it.
 * Disposable: what is forgotten counts as the user's, and is not touched without `--force`.
 */
export class Written {
  constructor(private readonly memo: Memo) {}

  /** `target`: an absolute path. */
  files(target: string): WrittenFiles {
    const found = new Map<string, Set<string>>();
    for (const row of rowsOf(this.memo.get(targetHash(target)))) {
      const [path, digest] = row;
      if (typeof path !== "string" || typeof digest !== "string") continue;
      found.set(path, (found.get(path) ?? new Set()).add(digest));
    }
    return found;
  }

  /** To be called with `before` before anything is written, for a checkout may be killed, and without it after. */
  put(target: string, entries: readonly TreeEntry[], before: WrittenFiles = new Map()): void {
    const rows = [...before].flatMap(([path, digests]) => [...digests].map(digest => [path, digest]));
    for (const e of entries)
      if (e.type !== "folder" && before.get(e.path)?.has(e.digest) !== true) rows.push([e.path, e.digest]);
    this.memo.put(targetHash(target), rows);
  }

  /** The targets that the same call has written: `what` was checked out to `folder`. */
  targets(folder: string, what: string): string[] {
    return rowsOf(this.memo.get(callHash(folder, what))).flatMap(([path]) =>
      typeof path === "string" ? [path] : [],
    );
  }

  putTargets(folder: string, what: string, targets: readonly string[]): void {
    this.memo.put(
      callHash(folder, what),
      targets.map(target => [target]),
    );
  }
}

function rowsOf(value: Json | undefined): readonly (readonly Json[])[] {
  return isList(value) ? value.filter(row => isList(row)) : [];
}

function targetHash(target: string): string {
  return sha256(frame("vistas.checkout.target.1", [target]));
}

function callHash(folder: string, what: string): string {
  return sha256(frame("vistas.checkout.call.1", [folder, what]));
}
