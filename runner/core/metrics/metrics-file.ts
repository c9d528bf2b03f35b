import { extname } from "node:path";
import type { Curve } from "../record.js";
import { Gather, MetricsClash } from "./gather.js";
import { jsonTree, utf8 } from "./json-tree.js";
import { metricsLine } from "./metrics-line.js";
import { BadMetrics, type NumberTree } from "./number-tree.js";

/** What an output called `metrics` holds. */
export interface MetricsInFile {
  /** Numbers by dotted name; none where there is a `fault` or a `clash`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly curves: Readonly<Record<string, Curve>>;
  /** Why the file gives no metrics although its step may have done well. */
  readonly fault?: string;
  /** Why the step has failed: two of its numbers have one name. */
  readonly clash?: string;
  /** Of numbers that are no metrics, or not as they are written. */
  readonly remarks: readonly string[];
}

export type MetricsFormat = "json" | "jsonl" | "yaml";

/** As which an output called `metrics` that was written under this name is read; undefined: it is not read. */
export function metricsFormat(path: string): MetricsFormat | undefined {
  return FORMATS.get(extname(path));
}

const FORMATS: ReadonlyMap<string, MetricsFormat> = new Map([
  [".json", "json"],
  [".jsonl", "jsonl"],
  [".yaml", "yaml"],
  [".yml", "yaml"],
]);

/**
 * The numbers in an output called `metrics`: when it was made, and whenever it is verified. `yaml`: reads YAML, whose parser
 * is loaded only by those who meet such a file.
 */
export function readMetrics(
  bytes: Uint8Array,
  format: MetricsFormat,
  yaml: (bytes: Uint8Array) => NumberTree | undefined,
): MetricsInFile {
  const gather = new Gather();
  const remarks: string[] = [];
  try {
    if (format === "jsonl") remarks.push(...gatherLines(gather, bytes));
    else gatherDocument(gather, format === "yaml" ? yaml(bytes) : wholeJson(bytes));
  } catch (error) {
    const none = { metrics: {}, curves: {}, remarks: [] };
    if (error instanceof MetricsClash) return { ...none, clash: error.message };
    if (error instanceof BadMetrics)
      return {
        ...none,
        fault: `the output metrics was kept, but ${error.message}, so the step has no metrics`,
      };
    throw error;
  }
  return {
    ...{ metrics: Object.fromEntries(gather.metrics), curves: gather.curves() },
    remarks: [...remarks, ...shortened(gather.lost), ...leftOutRemark(gather.leftOut)],
  };
}

function gatherDocument(gather: Gather, tree: NumberTree | undefined): void {
  if (tree?.type !== "map") throw new BadMetrics("it is no mapping of names to numbers");
  gather.document(tree.entries);
  refuseTooMany(gather);
}

function wholeJson(bytes: Uint8Array): NumberTree | undefined {
  try {
    return jsonTree(utf8(bytes));
  } catch (error) {
    throw notJson("it is not JSON", error);
  }
}

function notJson(what: string, error: unknown): BadMetrics {
  if (error instanceof BadMetrics) return error;
  return new BadMetrics(`${what} (${error instanceof Error ? error.message : String(error)})`);
}

/** A last line that was not written to its end counts as not written; gives what is to be said of that. */
function gatherLines(gather: Gather, bytes: Uint8Array): string[] {
  let text: string;
  try {
    text = utf8(bytes);
  } catch (error) {
    throw notJson("it is not JSON lines", error);
  }
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      const read = metricsLine(line);
      if (read === undefined) throw new BadMetrics(`its line ${i + 1} is no mapping of names to numbers`);
      gather.line(read);
    } catch (error) {
      if (error instanceof MetricsClash) throw error;
      if (i === lines.length - 1)
        return ["the last line of the output metrics is cut off, and does not count"];
      throw notJson(`its line ${i + 1} is not JSON`, error);
    }
    refuseTooMany(gather);
  }
  return [];
}

function refuseTooMany({ metrics }: Gather): void {
  if (metrics.size <= MOST_METRICS) return;
  throw new BadMetrics(
    `it holds ${metrics.size} numbers, more than the ${MOST_METRICS} that a step may have as metrics`,
  );
}

/** More than anyone looks at; each is shown, compared and kept in records. */
const MOST_METRICS = 100_000;

function leftOutRemark(lists: ReadonlyMap<string, number>): string[] {
  if (lists.size === 0) return [];
  const names = [...lists].map(([name, numbers]) => `${name} (${numbers})`);
  return [`numbers in lists of lists are no metrics: ${shortened(names).join(", ")}`];
}

/** Of many texts the first ones. */
function shortened(texts: readonly string[]): string[] {
  return texts.length <= 5 ? [...texts] : [...texts.slice(0, 5), `and ${texts.length - 5} more`];
}
