import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepDefinition } from "../../runner/step-api.js";
import { type KindOptions, kindRun, type KindRun } from "../../runner/testing.js";
import { statedMetrics } from "../../steps/stated-metrics.js";
import { tempFolder } from "./temp.js";

export { type KindRun, resolveOptions } from "../../runner/testing.js";

/** Runs a kind by the public harness, and holds what it reports against what its artifacts state. */
export async function runKind<W>(
  definition: StepDefinition<W>,
  options: KindOptions = {},
): Promise<KindRun<W>> {
  const run = contextOf(definition, options);
  await definition.run(run.ctx);
  checkStated(definition.kind, run);
  return run;
}

/** The context alone, for tests that call a kind's parts. */
export function contextOf<W>(definition: StepDefinition<W>, options: KindOptions = {}): KindRun<W> {
  return kindRun(definition, { folder: tempFolder(), ...options });
}

/** Throws unless the artifacts state each metric as steps/stated-metrics.ts says that they do. */
function checkStated(kind: string, { metrics, outputs }: Pick<KindRun<never>, "metrics" | "outputs">): void {
  for (const [metric, [output, file, path]] of Object.entries(statedMetrics[kind] ?? {})) {
    if (metrics[metric] === undefined || !Number.isFinite(metrics[metric])) continue;
    const text = readFileSync(join(outputs[output] ?? "", file), "utf8");
    let value: unknown = JSON.parse(text);
    for (const name of path.split(".")) value = (value as Record<string, unknown>)[name];
    if (value !== metrics[metric])
      throw new Error(
        `${kind}: ${metric} is ${metrics[metric]}, and ${output}/${file} says ${String(value)}`,
      );
  }
}
