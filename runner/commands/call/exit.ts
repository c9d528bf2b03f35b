import process from "node:process";
import { type Diagnostic, UsageError, UserFacingError } from "../../core/diagnostic.js";
import { isCode } from "../../store/disk.js";
import { faultText } from "../../store/fault.js";
import type { Output } from "../../ui/output.js";
import { annotation } from "./annotation.js";

/** Exit codes of the contract. */
export const DONE = 0;
export const FAILED = 1;
export const USAGE = 2;
/** Ran, but an expectation is not met. */
export const UNMET = 3;
export const DAMAGED = 4;
export const INTERRUPTED = 130;
/** The reader of the results went away before it had them all: the code that a shell reports of a program that SIGPIPE ended. */
export const UNREAD = 141;

/** Reports what went wrong and gives the exit code: a mistake of the call or pipeline is 2, anything else 1. */
export async function exitOf(error: unknown, stderr: Output, color: boolean): Promise<number> {
  if (error instanceof UsageError) {
    const { formatDiagnostic } = await import("../../pipeline/mistakes/code-frame.js");
    const shown = error.diagnostics.map(d => formatDiagnostic(d, error.texts.get(d.file), { color }));
    stderr.write(`${shown.join("\n\n")}\n`);
    annotate(error.diagnostics, stderr);
    return USAGE;
  }
  const fault = faultText(error);
  if (fault !== undefined || error instanceof UserFacingError) {
    stderr.write(`error: ${fault ?? messageOf(error)}\n`);
    return error instanceof UserFacingError ? error.exit : FAILED;
  }
  const { inSource } = await import("../../core/self/source-places.js");
  stderr.write(`${error instanceof Error ? inSource(error.stack ?? error.message) : String(error)}\n`);
  stderr.write("This is a fault of vistas itself: please report it with the text above.\n");
  return FAILED;
}

/** Shows diagnostics of files at their lines where the call runs on a host that can. */
export function annotate(diagnostics: readonly Diagnostic[], output: Output): void {
  const cwd = process.cwd();
  const workspace = process.env["GITHUB_WORKSPACE"] ?? cwd;
  for (const diagnostic of diagnostics)
    if (diagnostic.file !== "") output.command?.(annotation(diagnostic, cwd, workspace));
}

/**
 * The exit code of a call whose results did not all reach stdout, whatever else it did. A reader that closes a pipe early knows
 * it; any other fault is reported.
 */
export function unwrittenCode(fault: Error, stderr: Output): number {
  if (isCode(fault, "EPIPE")) return UNREAD;
  stderr.write(`error: the results could not be written to stdout: ${faultText(fault) ?? fault.message}\n`);
  return FAILED;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
