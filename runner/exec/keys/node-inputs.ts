import type { StepRecord } from "../../core/record.js";
import type { FileSource } from "../../pipeline/files/file-source.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";

/** The result of a node that is up to date. */
export type ResultOf = (node: string) => Pick<StepRecord, "key" | "outputs"> | undefined;

/** `./` files are copied, so that the step has them to itself; others are read where they are. */
export function isStaged({ path }: FileSource, { work }: GraphNode): boolean {
  return work.type === "command" && path.startsWith("./");
}
