import { constants } from "node:os";
import process from "node:process";
import { endProcesses, TAG } from "./processes.js";

/** A program that takes over the terminal. */
export interface Foreground {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Marks all that it starts, none of which outlives it. */
  readonly tag: string;
  /** Ends it: a request to end of the system's, as against one of the terminal's, which the program gets itself. */
  readonly signal: AbortSignal;
}

/** Runs a program with the streams of this process; gives its exit code as a shell reports it. */
export async function inForeground({ argv, cwd, env, tag, signal }: Foreground): Promise<number> {
  const { execa } = await import("execa");
  const restore = leaveToTerminal();
  try {
    const [program = "", ...words] = argv;
    const result = await execa(program, words, {
      ...{ cwd, env: { ...env, [TAG]: tag }, extendEnv: false, reject: false, stdio: "inherit" },
      ...{ cancelSignal: signal, forceKillAfterDelay: GRACE_MS },
    });
    if (result.exitCode !== undefined) return result.exitCode;
    if (result.signal !== undefined) return 128 + constants.signals[result.signal];
    const fault = result.originalMessage ?? "";
    process.stderr.write(`${program}: ${fault.includes("ENOENT") ? "there is no such program" : fault}\n`);
    return fault.includes("ENOENT") ? 127 : 126;
  } finally {
    await endProcesses(undefined, tag, GRACE_MS);
    restore();
  }
}

/** Ctrl-C and Ctrl-\ are for the program in the foreground alone. Gives the function that undoes it. */
function leaveToTerminal(): () => void {
  const nothing = (): void => undefined;
  const before = (["SIGINT", "SIGQUIT"] as const).map(name => {
    const listeners = process.listeners(name);
    process.removeAllListeners(name).on(name, nothing);
    return { name, listeners };
  });
  return () => {
    for (const { name, listeners } of before) {
      process.removeListener(name, nothing);
      for (const listener of listeners) process.on(name, listener);
    }
  };
}

const GRACE_MS = 1000;
