import type { RunEvent } from "../core/event.js";
import { jsonText } from "../core/numbers/quantity.js";
import { flushed, type Output, type Reporter } from "./output.js";
import { printable } from "./display-text.js";

/**
 * One JSON object a line, for programs: the events as they are, fields and all. The types of the contract, and
 * `metrics` of steps that write them as they go, always; `step-log`, `step-retry` and `notice` only when `verbose`.
 */
export function ndjsonReporter(
  stdout: Output,
  options: { readonly verbose: boolean; readonly stderr: Output },
): Reporter {
  return {
    sink: event => {
      // What is wrong with the store concerns people even when a program reads the events.
      if (event.type === "notice") options.stderr.write(`note: ${printable(event.message)}\n`);
      if (options.verbose || CONTRACT.has(event.type)) stdout.write(`${jsonText(event)}\n`);
    },
    close: () => flushed(stdout),
  };
}

const CONTRACT: ReadonlySet<RunEvent["type"]> = new Set<RunEvent["type"]>([
  "run-start",
  "step-start",
  "step-progress",
  "metrics",
  "step-end",
  "run-end",
]);
