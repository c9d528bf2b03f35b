/** What matters of a document that holds metrics: where its numbers are. `undefined`: a value that is no number. */
export type NumberTree =
  | { readonly type: "number"; readonly value: number; readonly source?: string }
  | { readonly type: "map"; readonly entries: readonly NumberEntry[] }
  | { readonly type: "list"; readonly items: readonly (NumberTree | undefined)[] };
/** A key may stand twice in its mapping. */
export type NumberEntry = readonly [key: string, value: NumberTree | undefined];

/** A document is no use as metrics; the message follows "the output metrics was kept, but". */
export class BadMetrics extends Error {
  override readonly name = "BadMetrics";
}

/** Levels, more than any metrics have, and few enough to be gone through by recursion. */
export const DEEPEST = 200;

/** How many numbers are in it. */
export function countNumbers(tree: NumberTree | undefined): number {
  if (tree === undefined) return 0;
  if (tree.type === "number") return 1;
  const inner = tree.type === "list" ? tree.items : tree.entries.map(([, value]) => value);
  return inner.reduce((sum, one) => sum + countNumbers(one), 0);
}
