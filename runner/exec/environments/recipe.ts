import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { UserFacingError } from "../../core/diagnostic.js";
import type { ProgramPrint } from "../../core/record.js";

/** An environment that vistas builds, or starts programs in: what keys hold of it, whether it is there already or not. */
export interface Recipe {
  readonly prints: readonly ProgramPrint[];
  /** Whether a word is a program of the environment itself, whatever lies on the PATH of the call. */
  readonly isOwn: (program: string) => boolean;
  /** Makes it in a folder, whose place it keeps. Undefined: there is nothing to be made. */
  readonly build?: (folder: string, signal: AbortSignal) => Promise<void>;
}

/** An environment that cannot be had here: what is missing, and how to get it. */
export class NoEnvironment extends UserFacingError {
  override readonly name = "NoEnvironment";

  constructor(
    readonly code: "missing-tool" | "bad-environment",
    readonly what: string,
    readonly hint: string,
  ) {
    super(`${what}: ${hint}`);
  }
}

/** The program of that name on a PATH, as execvp(3) finds it. */
export function programOn(path: string | undefined, name: string): string | undefined {
  const candidates = (path ?? "").split(":").map(folder => join(folder === "" ? "." : folder, name));
  return candidates.find(file => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/** The variables of the call without those by which a Python or an environment of the caller's would be found. */
export function withoutPython(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const left = Object.entries(env).filter(
    ([name]) => !/^(?:PYTHON|VIRTUAL_ENV|CONDA_|UV_PROJECT|NODE_(?:PATH|OPTIONS)$)/.test(name),
  );
  return Object.fromEntries(left);
}

/** Runs a builder; throws what it said where it fails. */
export async function runBuilder(
  what: string,
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  const { execa } = await import("execa");
  const [program = "", ...args] = argv;
  const { exitCode, all, shortMessage } = await execa(program, args, {
    ...{ cwd: options.cwd, env: options.env, extendEnv: false, reject: false, all: true },
    ...{ stdin: "ignore", maxBuffer: 1 << 24, cancelSignal: options.signal },
  });
  if (options.signal.aborted) throw options.signal.reason as Error;
  if (exitCode === 0) return;
  const said = all.trim().split("\n").slice(-20).join("\n");
  throw new NoEnvironment("bad-environment", what, said === "" ? (shortMessage ?? "it failed") : said);
}
