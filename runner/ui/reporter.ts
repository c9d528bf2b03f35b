import { type Clock, systemClock } from "../core/clock.js";
import type { Graph } from "../pipeline/graph/graph.js";
import type { Output, Reporter } from "./output.js";
import { ndjsonReporter } from "./ndjson.js";
import { plainReporter } from "./plain.js";
import { treeReporter } from "./tree.js";

export type ReporterKind = "auto" | "tree" | "plain" | "ndjson" | "silent";

export interface ReporterOptions {
  /** Results: NDJSON alone goes there. */
  readonly stdout: Output;
  /** Progress and diagnostics. */
  readonly stderr: Output;
  /** Whether stderr is a terminal that a moving display suits. */
  readonly isTTY: boolean;
  readonly color: boolean;
  /** Also cached steps one by one, reasons, and each line of the steps' logs. */
  readonly verbose: boolean;
  /** Failures alone. */
  readonly quiet: boolean;
  /** Gives how many instances each step has. */
  readonly graph?: Graph;
  /** For the tree's passing seconds. */
  readonly clock?: Clock;
}

/**
 * Makes the reporter that `--reporter` names; `auto` is the tree on a terminal and plain lines elsewhere.
 * Does not listen to signals or end the process: on Ctrl-C the caller closes it like at any other end.
 */
export function createReporter(kind: ReporterKind, options: ReporterOptions): Reporter {
  switch (kind === "auto" ? (options.isTTY ? "tree" : "plain") : kind) {
    case "ndjson":
      return ndjsonReporter(options.stdout, options);
    case "plain":
      return plainReporter(options.stderr, options);
    case "tree":
      // A quiet tree would be an empty one.
      if (options.quiet) return plainReporter(options.stderr, options);
      return treeReporter(options.stderr, { ...options, clock: options.clock ?? systemClock });
    case "silent":
      return { sink: () => undefined, close: () => Promise.resolve() };
  }
}
