import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject, StepContext } from "../../../runner/step-api.js";
import { readMetric } from "../../evaluation/read-metric.js";
import { writeJson } from "../../formats/json.js";
import type { CompareOptions } from "./compare-options.js";
import { armNames, type Arms, type Block, distinctBlocks, pairProbes } from "./pairs.js";
import { readArm, readRight, readTruth } from "./read-arms.js";
import { type Comparison, summarise, type Summary } from "./summary.js";
import { csvTable, markdownTable, repeatedNotice } from "./comparison-tables.js";
import { compareOverImages, type TestComparison } from "./test-images.js";

/** Reads the probes' reports, pairs them, and writes the comparison as JSON, Markdown and CSV. */
export async function run(ctx: StepContext<CompareOptions>): Promise<void> {
  const { metric, level } = ctx.with;
  const read = (report: string, name: string): Promise<number> => readMetric(report, metric, name);
  const [random, raw] = [await readArm(ctx, "random", read), await readArm(ctx, "raw", read)];
  const arms: Arms = {
    generated: await readArm(ctx, "generated", read),
    real: await readArm(ctx, "real", read),
    ...(random.length === 0 ? {} : { random }),
    ...(raw.length === 0 ? {} : { raw }),
  };
  const blocks = pairProbes(arms);
  const comparison = summarise(arms, blocks, level);
  const images = ctx.inputs["test"] === undefined ? undefined : await overTestImages(ctx);
  record(ctx, comparison, images);
  const again = repeatedNotice(blocks);
  if (again !== undefined) ctx.log(again);
  const folder = ctx.outputs["table"] ?? "";
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "comparison.json"), describe(comparison, blocks, images, ctx.with));
  await writeFile(join(folder, "table.md"), markdownTable(comparison, blocks, images, ctx.with));
  await writeFile(join(folder, "table.csv"), csvTable(blocks));
}

/** Pairs the two arms' predictions, image by image. */
async function overTestImages(ctx: StepContext<CompareOptions>): Promise<TestComparison> {
  const { metric } = ctx.with;
  if (metric !== "accuracy")
    throw new Error(`'test' compares accuracies image by image: leave it out to compare by '${metric}'`);
  const truth = await readTruth(ctx);
  const read = (report: string, name: string): Promise<Uint8Array> => readRight(report, name, truth);
  const rights = { generated: await readArm(ctx, "generated", read), real: await readArm(ctx, "real", read) };
  return compareOverImages(distinctBlocks(pairProbes(rights)), ctx.with, ctx.random("test images"));
}

/**
 * Metrics: `difference`, `gain` and each arm's mean, each with `.low` and `.high` where there is an interval;
 * `gain.min` is the worst seed's; `n` counts the pairs. `difference.test` is the difference again,
 * with the interval over test images.
 */
function record(
  ctx: StepContext<CompareOptions>,
  { arms, difference, gain }: Comparison,
  images: TestComparison | undefined,
): void {
  const put = (name: string, { mean, low, high }: Pick<Summary, "mean" | "low" | "high">): void => {
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
  if (images !== undefined) put("difference.test", images);
  ctx.metric("n", difference.n);
  if (difference.n === 1)
    ctx.log("one pair alone: no interval over blocks can be given; repeat with more seeds");
}

function describe(
  { arms, difference, gain }: Comparison,
  blocks: readonly Block[],
  images: TestComparison | undefined,
  { metric, level, seed }: CompareOptions,
): JsonObject {
  return {
    ...{ format: 1, kind: "comparison", metric, level },
    ...{ arms: { ...arms }, difference, blocks },
    ...(gain === undefined ? {} : { gain }),
    ...(images === undefined ? {} : { testImages: { ...images, seed } }),
  };
}
