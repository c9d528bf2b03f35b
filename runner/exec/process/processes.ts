import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { seesOwnProcesses, statFields } from "../../store/locks/owner.js";

/** The variable that marks each process of a job; children inherit it. */
export const TAG = "VISTAS_JOB";

/**
 * Ends every process of a job: its process group, and whatever carries its tag, even if it has left the group
 * (`setsid`, a daemon). First politely, then after `graceMs` by force. Resolves when none is left. `brief`: the job
 * took so little time that process numbers cannot have gone all the way round since.
 */
export async function endProcesses(
  group: number | undefined,
  tag: string,
  graceMs: number,
  brief = false,
): Promise<void> {
  let signal: NodeJS.Signals = "SIGTERM";
  for (let waited = 0; ; waited += POLL_MS) {
    if (waited >= graceMs) signal = "SIGKILL";
    const alive = members(group, tag, brief);
    if (alive.length === 0) return;
    // Once to ask; every time when it is no longer a question, because a dying process may still fork.
    if (waited === 0 || signal === "SIGKILL") {
      if (group !== undefined) send(-group, signal);
      for (const pid of alive) send(pid, signal);
    }
    await wait(POLL_MS);
  }
}

/** Kills what there is of a job now, without waiting: for a runner that must end at once. */
export function killProcesses(group: number | undefined, tag: string): void {
  if (group !== undefined) send(-group, "SIGKILL");
  for (const pid of members(group, tag, false)) send(pid, "SIGKILL");
}

/** True while a process group has a live member. */
export function groupAlive(group: number): boolean {
  return send(-group, 0);
}

const POLL_MS = 20;

function members(group: number | undefined, tag: string, brief: boolean): number[] {
  const listed = listProcesses(brief ? group : undefined);
  // Without /proc only the group can be asked after.
  if (listed === undefined) return group !== undefined && groupAlive(group) ? [group] : [];
  return listed.filter(pid => {
    const fields = statFields(pid);
    if (pid === process.pid || fields === undefined || fields[0] === "Z") return false;
    return (group !== undefined && fields[2] === String(group)) || carries(pid, tag);
  });
}

/**
 * Process numbers; of a brief job only those from its first process on, since its descendants came later: reading
 * about every process of the machine after every small step would cost more than the step does.
 */
export function listProcesses(first: number | undefined): number[] | undefined {
  if (!seesOwnProcesses()) return undefined;
  try {
    const all = readdirSync("/proc")
      .filter(name => /^\d+$/.test(name))
      .map(Number);
    if (first === undefined || lastProcess() < first) return all; // Numbers have begun anew.
    return all.filter(pid => pid >= first);
  } catch {
    return undefined; // Not Linux.
  }
}

/** The number that was given last. */
function lastProcess(): number {
  return Number(readFileSync("/proc/loadavg", "latin1").trim().split(" ").at(-1));
}

/** True for a process of the job `tag`, or of any job of the run `tag`. */
export function carries(pid: number, tag: string): boolean {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    return variables.some(entry => entry === `${TAG}=${tag}` || entry.startsWith(`${TAG}=${tag}/`));
  } catch {
    return false; // Another user's, or ended.
  }
}

/** False when there is no such process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
