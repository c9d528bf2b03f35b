import type { Diagnostic } from "../core/diagnostic.js";
import { withoutPrograms } from "../exec/programs/find.js";
import type { Mistake } from "../graph/load.js";
import type { Target } from "./load.js";

/**
 * Programs that steps start are looked for before anything runs, not after an hour of other steps. Throws for those that
 * are certainly missed; gives warnings, already told, of others.
 */
export async function refuseMissingPrograms({
  nodes,
  host,
  graph,
  refuse,
  advise,
}: Target): Promise<readonly Diagnostic[]> {
  const suspect = withoutPrograms(host, nodes);
  if (suspect.length === 0) return [];
  const { MissingPrograms } = await import("../exec/programs/missing.js");
  const missing = new MissingPrograms(host, graph.project);
  const [certain, doubtful]: [Mistake[], Mistake[]] = [[], []];
  for (const node of suspect) {
    for (const { word, message, hint, certain: isCertain } of missing.of(node)) {
      const mistake: Mistake = { code: "missing-program", message, hint, word, path: [...node.at, "run"] };
      (isCertain ? certain : doubtful).push(mistake);
    }
  }
  if (certain.length > 0) await refuse(certain);
  return doubtful.length === 0 ? [] : advise(doubtful);
}
