import { join } from "node:path";
import { sha256 } from "../../cache/hash.js";
import { isCode, type Disk } from "../disk.js";
import { inFolder, listIfAny, remove } from "../files.js";

/** The sole right to make what a key stands for. */
export interface KeyLock {
  readonly key: string;
  /** Owners, found dead, that this lock follows: what they left behind may be ended and removed. */
  readonly after: readonly string[];
  /** False once another has taken it over: to be asked before anything is recorded under the key. */
  held(): boolean;
  release(): void;
}

/** Who has the lock. */
export interface Holder {
  readonly owner: string;
  /** Unique among all locks that ever were: tells this lock from a later one of the same owner. */
  readonly token: string;
}

/**
 * Locks on keys, so that of any number of processes and hosts that share a store one makes each thing. A lock is a
 * symbolic link `locks/<key>` whose text is its token, `<owner>#<number>`: it is made in one step, whole, by an
 * operation that fails where something is already there, on local and network disks alike; no file locks.
 *
 * A dead owner's lock is not removed but followed: the successor makes the link `<key>~<hash of the dead token>`. Its name
 * says whom it follows, so of any number of successors one succeeds, and no process ever removes what another may just have
 * made. Links thus form a chain from `<key>`; the last one holds. Its owner releases all by removing `<key>` first, at
 * which the chain has ceased to be; a successor that was late finds out as its chain no longer begins as it did.
 *
 * What this ensures: at most one process that is not taken for dead holds a key. What it cannot: stop an owner that was
 * wrongly taken for dead (asleep, cut off) from working. It finds `held()` false before it records. Should it fall
 * asleep between that question and the record itself, it writes the record that its successor writes as well: equal if the
 * step is deterministic, else reported as non-determinism by whoever writes second.
 *
 * Does not wait, and does not judge who is dead.
 */
export class KeyLocks {
  #count = 0;

  constructor(
    private readonly folder: string,
    private readonly disk: Disk,
    private readonly isDead: (owner: string) => boolean,
  ) {}

  /** The lock, or who has it. Gives up nothing and waits for nothing. */
  take(key: string, owner: string): KeyLock | Holder {
    const token = `${owner}${BEFORE_NUMBER}${(this.#count++).toString(36)}`;
    for (;;) {
      if (this.#make(key, token)) return this.#lock(key, [{ name: key, token }]);
      const chain: Link[] = [];
      const last = this.#walk(key, chain);
      if (last === undefined) continue;
      if (!this.isDead(last.owner)) return last;
      const name = follower(key, last.token);
      if (!this.#make(name, token)) continue;
      const links = [...chain, { name, token }];
      // An earlier successor may have ended the chain meanwhile.
      if (this.#begins(links)) return this.#lock(key, links);
      this.#remove(name);
    }
  }

  /** Who holds a key now; nothing when nobody does. */
  holder(key: string): Holder | undefined {
    return this.#walk(key, []);
  }

  /** Ends the locks of owners that are dead and have no successors, and removes what no chain reaches. */
  sweep(owner: string): void {
    for (const name of listIfAny(this.disk, this.folder) ?? []) {
      if (!NAME.test(name)) continue;
      const [key = "", follows] = name.split(BEFORE_FOLLOWED);
      if (follows === undefined) {
        const last = this.holder(key);
        if (last === undefined || !this.isDead(last.owner)) continue;
        const lock = this.take(key, owner);
        if ("release" in lock) lock.release();
      } else if (this.#token(key) === undefined) {
        // Tokens are never used again, so no chain will come to lead here.
        this.#remove(name);
      }
    }
  }

  #lock(key: string, links: readonly Link[]): KeyLock {
    const own = links.at(-1);
    const held = (): boolean =>
      own !== undefined &&
      this.#token(own.name) === own.token &&
      this.disk.lstat(join(this.folder, follower(key, own.token))) === undefined &&
      (links.length === 1 || this.#begins(links));
    return {
      key,
      after: links.slice(0, -1).map(link => ownerOf(link.token)),
      held,
      release: () => {
        // Overtaken: the links are the successor's now.
        if (!held()) return;
        for (const { name } of links) this.#remove(name);
      },
    };
  }

  /** Follows a key's chain to its end, noting it in `chain`. */
  #walk(key: string, chain: Link[]): Holder | undefined {
    let last: Holder | undefined;
    for (let name = key; ;) {
      const token = this.#token(name);
      if (token === undefined) return last;
      chain.push({ name, token });
      last = { owner: ownerOf(token), token };
      name = follower(key, token);
    }
  }

  /** True while a chain begins as it did: nobody has released it. */
  #begins(links: readonly Link[]): boolean {
    const [first] = links;
    return first !== undefined && this.#token(first.name) === first.token;
  }

  #token(name: string): string | undefined {
    try {
      return this.disk.readlink(join(this.folder, name));
    } catch (error) {
      if (isCode(error, "ENOENT", "ENOTDIR", "ESTALE")) return undefined;
      // Not a link, so nobody's; it is followed like what the dead left.
      if (isCode(error, "EINVAL")) return BEFORE_NUMBER;
      throw error;
    }
  }

  /** False where there is a link of that name already. */
  #make(name: string, token: string): boolean {
    const path = join(this.folder, name);
    try {
      inFolder(this.disk, path, () => this.disk.symlink(token, path));
      return true;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
      // A network disk may have done it and lost the answer, and then found it done when it asked again.
      return this.#token(name) === token;
    }
  }

  #remove(name: string): void {
    remove(this.disk, join(this.folder, name));
  }
}

interface Link {
  readonly name: string;
  readonly token: string;
}

const BEFORE_NUMBER = "#";
const BEFORE_FOLLOWED = "~";
const NAME = /^[0-9a-f]{64}(~[0-9a-f]{32})?$/;

function follower(key: string, token: string): string {
  return `${key}${BEFORE_FOLLOWED}${sha256(token).slice(0, 32)}`;
}

function ownerOf(token: string): string {
  return token.slice(0, token.indexOf(BEFORE_NUMBER));
}
