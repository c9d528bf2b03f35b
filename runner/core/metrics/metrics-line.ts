import { jsonTree } from "./json-tree.js";
import type { NumberEntry, NumberTree } from "./number-tree.js";

/** What a line of a `.jsonl` file of metrics says. */
export interface MetricsLine {
  /** Where on its curves the line stands: its `step`. */
  readonly step?: number;
  /** What else it holds. */
  readonly entries: readonly NumberEntry[];
  /** How far the program is: `{"progress": [done, total]}`; 0, where it does not know the total. */
  readonly progress?: { readonly done: number; readonly total: number };
}

/** Throws where the line is no JSON; nothing where it is no mapping. */
export function metricsLine(text: string): MetricsLine | undefined {
  const tree = jsonTree(text);
  return tree?.type === "map" ? lineOf(tree.entries) : undefined;
}

/** The same of a mapping in a list, which stands for a line. */
export function lineOf(all: readonly NumberEntry[]): MetricsLine {
  let [step, progress]: [number?, MetricsLine["progress"]?] = [];
  const entries: NumberEntry[] = [];
  for (const entry of all) {
    const [key, value] = entry;
    const pair = key === "progress" ? progressIn(value) : undefined;
    if (pair !== undefined) progress = pair;
    else if (key === "step" && value?.type === "number" && Number.isFinite(value.value)) step = value.value;
    else entries.push(entry);
  }
  return {
    entries,
    ...(step === undefined ? {} : { step }),
    ...(progress === undefined ? {} : { progress }),
  };
}

function progressIn(tree: NumberTree | undefined): MetricsLine["progress"] {
  if (tree?.type !== "list" || tree.items.length < 1 || tree.items.length > 2) return undefined;
  const [done, total = 0] = tree.items.map(item => (item?.type === "number" ? item.value : undefined));
  return done === undefined || !Number.isFinite(done + total) ? undefined : { done, total };
}
