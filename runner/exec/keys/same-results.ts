import type { Place } from "../../core/labels.js";
import { oneResults, oneResultText } from "../../core/one-result.js";
import type { GatheredSource, GraphNode } from "../../pipeline/graph/graph.js";
import type { ResultOf } from "./node-inputs.js";

/**
 * For each entry of a gathered input the place of the first entry that is the very same result: its step came to the
 * same key, so the two are no independent repetitions. Undefined for the first of its kind, and for programs, which see
 * files and cannot be given it.
 */
export function sameResults(
  { entries }: GatheredSource,
  user: GraphNode,
  resultOf: ResultOf,
): readonly (Place | undefined)[] {
  const first = new Map<string, Place>();
  if (user.work.type === "command") return entries.map(() => undefined);
  return entries.map(({ node, output, place }) => {
    const result = `${resultOf(node)?.key ?? node} ${output}`;
    const earlier = first.get(result);
    if (earlier === undefined) first.set(result, place);
    return earlier;
  });
}

/** What must be said of the files that a program is given: those of one result are no repetitions. */
export function sameInputNotices({ id, work, inputs }: GraphNode, resultOf: ResultOf): string[] {
  if (work.type !== "command") return [];
  const notices = inputs.flatMap(({ role, source }) => {
    if (source.type !== "gathered") return [];
    const makers = source.entries.map(({ node }) => ({ id: node, key: resultOf(node)?.key ?? null }));
    return oneResults(makers).map(
      ids => `${id}: ${oneResultText(ids, `each has a file in ${role}, and they are no repetitions`)}`,
    );
  });
  return [...new Set(notices)];
}
