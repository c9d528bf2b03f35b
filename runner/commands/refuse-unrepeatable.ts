import type { Target } from "./load.js";

/**
 * `deterministic: true`: a numeric step that asks for it is refused before anything runs when the engine does not give
 * the same bits every time. Kinds that are not numeric do not meet an engine. Costs nothing where no step asks.
 */
export async function refuseUnrepeatable({ nodes, host, refuse }: Target): Promise<void> {
  const asking = new Map<string, readonly (string | number)[]>();
  for (const { step, work, deterministic, at } of nodes) {
    if (deterministic !== true || work.type !== "kind" || asking.has(step)) continue;
    const kind = await host.kinds.get(work.kind);
    if (kind?.numeric === true) asking.set(step, at);
  }
  if (asking.size === 0) return;
  const { backend, deterministic, why } = await host.engine();
  if (deterministic) return;
  await refuse(
    [...asking].map(([step, at]) => ({
      code: "not-deterministic",
      message: `\`${step}\` must be deterministic, and the engine ${backend} (${why}) does not promise the same bits every time`,
      hint: "name an engine that does, such as `--backend wasm` (`vistas doctor` tells what each promises), or leave `deterministic` out",
      path: [...at, "deterministic"],
    })),
  );
}
