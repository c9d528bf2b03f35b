/**
 * Who holds something in a store that many processes share: `<run>@<host>@<place>@<pid>@<start>`. It is the name of a
 * folder and the content of a claim, so it is plain, short (under 200 bytes) and never used twice: the start tells a
 * process from a later one of the same number, and the place (boot and process name space) one machine or container
 * from another of the same name.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { sha256 } from "../../cache/hash.js";

export interface Owner {
  readonly run: string;
  readonly host: string;
  /** `""` where the system does not tell. */
  readonly place: string;
  readonly pid: number;
  /** `""` where the system does not tell. */
  readonly start: string;
}

/** `elsewhere`: on another machine, of whose processes nothing is known here. */
export type Liveness = "alive" | "stopped" | "gone" | "elsewhere";

/** This process, as the owner of what the run `run` holds. */
export function ownerText(run: string): string {
  const start = processStart(process.pid) ?? "";
  return [run, thisHost(), thisPlace(), process.pid, start].join(BETWEEN);
}

/** Nothing for a text that no vistas has written. */
export function parseOwner(text: string): Owner | undefined {
  const [run, host, place, pid, start, ...more] = text.split(BETWEEN);
  if (run === undefined || host === undefined || place === undefined || pid === undefined) return undefined;
  if (start === undefined || more.length > 0 || !/^\d{1,10}$/.test(pid)) return undefined;
  return { run, host, place, pid: Number(pid), start };
}

/**
 * What this machine knows of an owner. A process that was stopped (SIGSTOP) is there, but does not get on. One that exists
 * and cannot be seen (another user's where /proc hides those, or where /proc is of another name space) is not dead: like
 * one elsewhere it is judged by its heartbeat alone.
 */
export function livenessOf({ host, place, pid, start }: Owner): Liveness {
  if (host !== thisHost() || place !== thisPlace()) return "elsewhere";
  const isLinux = process.platform === "linux";
  // Two containers of one name whose places are not known may have different processes of one number.
  if (isLinux && place === "") return "elsewhere";
  const fields = start === "" ? undefined : statFields(pid);
  if (fields === undefined) return exists(pid) ? (isLinux ? "elsewhere" : "alive") : "gone";
  if (fields[0] === "Z" || fields[0] === "X" || fields[19] !== start) return "gone";
  return fields[0] === "T" || fields[0] === "t" ? "stopped" : "alive";
}

/** Identifies a process across the reuse of its number; nothing when it is gone or the system cannot tell. */
export function processStart(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

/** True when there is a process of this number. */
export function exists(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // Another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** /proc/PID/stat after the command name, which may itself hold spaces and brackets: state, ppid, pgrp, ... */
export function statFields(pid: number): string[] | undefined {
  if (!seesOwnProcesses()) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // It ended between the listing and now, or this is not Linux.
  }
}

/** False where /proc is not there, or is that of another name space, in which process numbers mean others. */
export function seesOwnProcesses(): boolean {
  return (sees ??= linkText("/proc/self") === String(process.pid));
}
let sees: boolean | undefined;

function linkText(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // Not Linux.
  }
}

/** Neither in run ids nor, as written here, in host names. */
const BETWEEN = "@";

function thisHost(): string {
  return (host ??= hostname()
    .replace(/[^A-Za-z0-9.-]/g, "_")
    .slice(0, 64));
}
let host: string | undefined;

/** Containers may share a host's name, but not its process numbers: two of them must not judge each other's. */
function thisPlace(): string {
  if (place !== undefined) return place;
  try {
    const boot = bootId();
    place = boot === "" ? "" : sha256(boot + readlinkSync("/proc/self/ns/pid")).slice(0, 12);
  } catch {
    place = ""; // Not Linux: the host's name must do.
  }
  return place;
}
let place: string | undefined;

/** Another text after each start of the system; `""` where it does not tell. */
export function bootId(): string {
  if (boot !== undefined) return boot;
  try {
    boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1");
  } catch {
    boot = ""; // Not Linux.
  }
  return boot;
}
let boot: string | undefined;
