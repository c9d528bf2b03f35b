import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, JsonObject, StepContext } from "../../runner/step-api.js";
import { readMetric } from "../evaluation/read-metric.js";
import { writeJson } from "../lib/json.js";
import type { CompareOptions } from "./index.js";
import { armNames, type ArmName, type Arms, type Block, pairProbes, type Probe, text } from "./pairs.js";
import { type Comparison, summarise, type Summary } from "./summary.js";
import { csvTable, markdownTable } from "./tables.js";

/** Reads the probes' reports, pairs them, and writes the comparison as JSON, Markdown and CSV. */
export async function run(ctx: StepContext<CompareOptions>): Promise<void> {
  const { metric, level } = ctx.with;
  const [random, raw] = [await readArm(ctx, "random", metric), await readArm(ctx, "raw", metric)];
  const arms: Arms = {
    generated: await readArm(ctx, "generated", metric),
    real: await readArm(ctx, "real", metric),
    ...(random.length === 0 ? {} : { random }),
    ...(raw.length === 0 ? {} : { raw }),
  };
  const blocks = pairProbes(arms);
  const comparison = summarise(arms, blocks, level);
  record(ctx, comparison);
  const folder = ctx.outputs["table"] ?? "";
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "comparison.json"), describe(comparison, blocks, ctx.with));
  await writeFile(join(folder, "table.md"), markdownTable(comparison, blocks, metric, level));
  await writeFile(join(folder, "table.csv"), csvTable(blocks));
}

/** A gathered role has one probe an instance; any other has one. */
async function readArm(ctx: StepContext<CompareOptions>, name: ArmName, metric: string): Promise<Probe[]> {
  const path = ctx.inputs[name];
  const instances = ctx.gathered[name] ?? (path === undefined ? [] : [{ labels: {}, path }]);
  return Promise.all(
    instances.map(async ({ labels, path: report }) => {
      const value = await readMetric(report, metric, `${name}[${text(labels)}]`);
      return { labels, value };
    }),
  );
}

/**
 * Metrics: `difference`, `gain` and each arm's mean, each with `.low` and `.high` where there is an interval;
 * `gain.min` is the worst seed's; `n` counts the pairs.
 */
function record(ctx: StepContext<CompareOptions>, { arms, difference, gain }: Comparison): void {
  const put = (name: string, { mean, low, high }: Summary): void => {
    ctx.metric(name, mean);
    if (low !== null) ctx.metric(`${name}.low`, low);
    if (high !== null) ctx.metric(`${name}.high`, high);
  };
  put("difference", difference);
  for (const name of armNames) {
    const summary = arms[name];
    if (summary !== undefined) put(name, summary);
  }
  if (gain !== undefined) {
    put("gain", gain);
    ctx.metric("gain.min", gain.min);
  }
  ctx.metric("n", difference.n);
  if (difference.n === 1) ctx.log("one pair alone: no interval can be given; repeat with more seeds");
}

function describe(
  { arms, difference, gain }: Comparison,
  blocks: readonly Block[],
  options: CompareOptions,
): Json {
  const comparison: JsonObject = {
    format: 1,
    kind: "comparison",
    ...options,
    arms: { ...arms },
    difference,
    blocks,
  };
  return gain === undefined ? comparison : { ...comparison, gain };
}
