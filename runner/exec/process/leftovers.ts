import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { statFields } from "../../store/locks/owner.js";
import { carries, listProcesses } from "./processes.js";

/** A job whose first process has ended well. */
export interface EndedJob {
  /** Its process group, whose number is that of its first process. */
  readonly group: number;
  readonly tag: string;
  /** Where its outputs lie. */
  readonly home: string;
  /** When its first process began, in the system's ticks: what began earlier is none of it. */
  readonly begun: number;
  /** It took so little time that process numbers cannot have gone all the way round since. */
  readonly brief: boolean;
}

export interface LeftoverHooks {
  /** Whether the job is being ended by force: there is nothing to wait for any more. */
  readonly stopped: () => boolean;
  /** Called once, when the wait becomes long. */
  readonly waits: (processes: string) => void;
}

/**
 * Waits until nothing can write into a job's outputs any more: what is taken must be whole. A process of the job counts if
 * it has a file among the outputs open to write, or its command line, its environment or its folder names their place;
 * so does any other that began meanwhile without a terminal, and one with a terminal if it has a file open. What else a program leaves in the background (a display, a server) gets a moment
 * to end. Gives in words what is still there then, for the caller to end; `""` where nothing is.
 */
export async function awaitLeftovers(job: EndedJob, { stopped, waits }: LeftoverHooks): Promise<string> {
  let told = false;
  let pause = FIRST_MS;
  for (let waited = 0; ; waited += pause, pause = Math.min(2 * pause, MOST_MS)) {
    const left = leftovers(job);
    const writers = left.filter(({ writes }) => writes);
    if (left.length === 0 || stopped()) return "";
    if (writers.length === 0 && waited >= MOMENT_MS) return processesText(left);
    if (!told && waited >= LONG_MS) {
      told = true;
      waits(processesText(writers));
    }
    await wait(pause);
  }
}

const FIRST_MS = 10;
const MOST_MS = 200;
const MOMENT_MS = 300;
const LONG_MS = 5000;

interface Leftover {
  readonly pid: number;
  readonly writes: boolean;
}

/** Nothing where the system does not list its processes: there the group is ended, and no more is known. */
function leftovers({ group, tag, home, begun, brief }: EndedJob): Leftover[] {
  return (listProcesses(brief ? group : undefined) ?? []).flatMap(pid => {
    const fields = statFields(pid);
    if (pid === process.pid || fields === undefined || "ZX".includes(fields[0] ?? "X")) return [];
    if (Number(fields[19]) < begun) return [];
    const own = fields[2] === String(group) || carries(pid, tag);
    // One that left the group and its environment has no terminal either: a person's shell in that folder does.
    const writes = hasOpen(pid, home) || ((own || fields[4] === "0") && names(pid, home));
    return own || writes ? [{ pid, writes }] : [];
  });
}

/** Whether a process has a file below a folder open to write, or mapped so. */
function hasOpen(pid: number, home: string): boolean {
  const below = `${home}/`;
  const files = entries(() => readdirSync(`/proc/${pid}/fd`));
  return (
    files.some(fd => {
      if (!entries(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)])[0]?.startsWith(below)) return false;
      const flags = /^flags:\s*([0-7]+)/m.exec(read(`/proc/${pid}/fdinfo/${fd}`))?.[1] ?? "0";
      // The two lowest bits: 0 is to read alone.
      return (parseInt(flags, 8) & 3) !== 0;
    }) ||
    read(`/proc/${pid}/maps`)
      .split("\n")
      .some(line => /^\S+ .w.s /.test(line) && line.includes(` ${below}`))
  );
}

function names(pid: number, home: string): boolean {
  return (
    read(`/proc/${pid}/cmdline`).includes(home) ||
    read(`/proc/${pid}/environ`).includes(home) ||
    entries(() => [readlinkSync(`/proc/${pid}/cwd`)]).some(cwd => `${cwd}/`.startsWith(`${home}/`))
  );
}

function processesText(left: readonly Leftover[]): string {
  const shown = left.slice(0, 3).map(({ pid }) => {
    const words = read(`/proc/${pid}/cmdline`).split("\0").join(" ").trim();
    return `${words.length > 60 ? `${words.slice(0, 60)}...` : words} (pid ${pid})`;
  });
  return [...shown, ...(left.length > 3 ? [`${left.length - 3} more`] : [])].join(", ");
}

/** `""` for what ended, or is another user's. */
function read(file: string): string {
  return entries(() => [readFileSync(file, "utf8")])[0] ?? "";
}

function entries(look: () => string[]): string[] {
  try {
    return look();
  } catch {
    return [];
  }
}
