import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";

/** A call that ends in good order when the system asks for it. */
export interface Interruption {
  /** Aborted at the first request. */
  readonly signal: AbortSignal;
  /** The exit code of a call that was asked to end; nothing for one that was not. */
  readonly code: () => number | undefined;
}

/** 128 and the signal's number, as shells report it. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

/** Listens for requests to end. The second one ends the process at once, and with it what it started. */
export function listenForSignals(env: NodeJS.ProcessEnv): Interruption {
  const abort = new AbortController();
  let ending: number | undefined;
  for (const [name, code] of Object.entries(CODES)) {
    const ignored = name === "SIGHUP" && hangupIgnored(env);
    process.on(name, () => {
      if (ignored) return;
      if (ending !== undefined) process.exit(code);
      ending = code;
      abort.abort();
    });
  }
  return { signal: abort.signal, code: () => ending };
}

/**
 * Whether vistas was started to outlive its terminal, by `nohup` or by a shell that ignores hang-ups. Node takes on
 * signals that were ignored again before any of our code runs, so this goes by what else gives it away: bash and zsh name
 * the program that they start in `_`, and `nohup` writes to `nohup.out`; a parent that ignores hang-ups starts programs
 * that do.
 */
function hangupIgnored(env: NodeJS.ProcessEnv): boolean {
  if (basename(env["_"] ?? "") === "nohup") return true;
  if ([1, 2].some(fd => basename(tried(() => readlinkSync(`/proc/self/fd/${fd}`))) === "nohup.out"))
    return true;
  if (process.ppid === 1) return false;
  const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(
    tried(() => readFileSync(`/proc/${process.ppid}/status`, "latin1")),
  )?.[1];
  // The lowest bit is signal 1.
  return ignored !== undefined && (parseInt(ignored.slice(-1), 16) & 1) === 1;
}

/** `""` where the system does not tell. */
function tried(look: () => string): string {
  try {
    return look();
  } catch {
    return "";
  }
}
