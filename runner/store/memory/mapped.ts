import { readdirSync, readFileSync } from "node:fs";
import type { Clock } from "../../core/clock.js";
import { seesOwnProcesses } from "../locks/owner.js";

/**
 * The files that some process may write through a memory map at this moment. Such writes change the bytes of a file and
 * none of its times until the system has written the page out, so what was once read of such a file says nothing of what
 * it holds. Known on Linux, of the processes that this user sees; elsewhere there are none.
 */
export class MappedFiles {
  #inodes: ReadonlySet<bigint> = new Set();
  #until = -Infinity;

  constructor(private readonly clock: Clock) {}

  /** Whether a process has the file of an inode mapped to be written. Known as of a moment ago. */
  has(ino: bigint): boolean {
    const now = this.clock.seconds();
    if (now >= this.#until) {
      this.#inodes = mappedInodes();
      const after = this.clock.seconds();
      // Looking takes milliseconds for each hundred processes: at most a twentieth of the time.
      this.#until = after + Math.max(SHORTEST_S, 20 * (after - now));
    }
    return this.#inodes.has(ino);
  }

  /** The next `has` looks again. */
  forget(): void {
    this.#until = -Infinity;
  }
}

const SHORTEST_S = 0.1;

/** By inode alone: on some disks the device there is not the one that `stat` gives. */
function mappedInodes(): ReadonlySet<bigint> {
  const inodes = new Set<bigint>();
  if (!seesOwnProcesses()) return inodes;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const [, ino = "0"] of mapsOf(pid).matchAll(/^\S+ .w.s \S+ \S+ ([1-9]\d*)/gm))
      inodes.add(BigInt(ino));
  }
  return inodes;
}

function mapsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, "latin1");
  } catch {
    return ""; // It ended meanwhile, or is another user's.
  }
}
