import type { RunEvent } from "../core/event.js";
import { flushed, type Output, type Reporter } from "./output.js";

/**
 * One JSON object a line, for programs: the events as they are, fields and all. The five types of the contract
 * always; `step-log`, `step-retry` and `notice` only when `verbose`, so that a reader of the five meets no others.
 */
export function ndjsonReporter(stdout: Output, options: { readonly verbose: boolean }): Reporter {
  return {
    sink: event => {
      if (options.verbose || CONTRACT.has(event.type)) stdout.write(`${JSON.stringify(event)}\n`);
    },
    close: () => flushed(stdout),
  };
}

const CONTRACT: ReadonlySet<RunEvent["type"]> = new Set<RunEvent["type"]>([
  "run-start",
  "step-start",
  "step-progress",
  "step-end",
  "run-end",
]);
