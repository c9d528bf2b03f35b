import type { EngineChoice } from "../step-api.js";
import type { Target } from "./load.js";

/**
 * Where a numeric step is selected, there must be an engine: one that is missing is told before anything runs, not when
 * the first such step's turn comes. Returns the engine, nothing where no step needs one. Throws the engine's own
 * `MissingEngine`, which says how to get it.
 */
export async function requireEngine({ nodes, host }: Target): Promise<EngineChoice | undefined> {
  const kinds = new Set(nodes.flatMap(({ work }) => (work.type === "kind" ? [work.kind] : [])));
  for (const kind of kinds) if ((await host.kinds.get(kind))?.numeric === true) return host.engine();
  return undefined;
}
