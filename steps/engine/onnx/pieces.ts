import type { Builder } from "./graph-builder.js";

/** Patches of a whole batch may be many times its size. This much of them is held at once, in bytes. */
const LIMIT = 256 * 2 ** 20;

/**
 * Does work on a batch in pieces of whole samples, so that what each makes on the way, `bytes` a sample, stays within
 * bounds. The results are joined along the batch, or added up. Most batches are a single piece.
 */
export function inPieces(
  b: Builder,
  operands: readonly string[],
  batch: number,
  bytes: number,
  combine: "join" | "add",
  work: (operands: readonly string[], batch: number) => string,
): string {
  const pieces = Math.min(batch, Math.ceil((batch * bytes) / LIMIT));
  if (pieces <= 1) return work(operands, batch);
  const at = (i: number): number => Math.floor((i * batch) / pieces);
  const results = Array.from({ length: pieces }, (_, i) => {
    const cut = (x: string): string => b.op("Slice", [x, b.ints([at(i)]), b.ints([at(i + 1)]), b.ints([0])]);
    return work(operands.map(cut), at(i + 1) - at(i));
  });
  return combine === "join"
    ? b.op("Concat", results, { axis: 0 })
    : results.reduce((a, c) => b.op("Add", [a, c]));
}
