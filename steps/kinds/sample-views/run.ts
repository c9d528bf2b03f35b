import type { Device, Json, JsonObject, StepContext } from "../../../runner/step-api.js";
import { type Engine, openEngine } from "../../engine/index.js";
import {
  type Generator,
  type GeneratorFiles,
  openGenerator,
  readGenerator,
} from "../../artifacts/generator.js";
import { generatorProgram, type ImageProgram } from "../../artifacts/generator-program.js";
import { writeViews } from "../../artifacts/views.js";
import type { SampleViewsOptions } from "./sampling-options.js";
import { writeShard } from "./shard.js";

/**
 * Makes or reuses the shards, each a part of `shard` anchors, and joins them into the output. More anchors with the
 * same other options reuse every whole shard. The engine is opened at the first shard that has to be made.
 */
export async function run(ctx: StepContext<SampleViewsOptions>): Promise<void> {
  const { anchors, shard, views } = ctx.with;
  const files = await readGenerator(ctx.inputs["generator"] ?? "");
  const generator = openGenerator(files);
  const ranges = Array.from({ length: Math.ceil(anchors / shard) }, (_, i) => ({
    first: i * shard,
    count: Math.min(shard, anchors - i * shard),
  }));
  const keys = ranges.map(range => shardKey(ctx.with, range));
  const there = await Promise.all(keys.map(key => ctx.findPart(key)));
  const missing = ranges.reduce((sum, { count }, i) => (there[i] === undefined ? sum + count : sum), 0);
  let opened: { readonly engine: Engine; readonly program: ImageProgram } | undefined;
  let made = 0;
  try {
    const shards = await ctx.parts(keys, async (i, path) => {
      ctx.signal.throwIfAborted();
      const { first, count } = ranges[i] ?? { first: 0, count: 0 };
      opened ??= await open(ctx.device, generator);
      const progress = (images: number): void =>
        ctx.progress(made + Math.floor(images / views), missing, "anchors");
      await writeShard({ ctx, generator, program: opened.program, progress }, path, first, count);
      made += count;
    });
    await writeViews(ctx.outputs["views"] ?? "", shards, anchors, facts(ctx.with, files));
  } finally {
    opened?.engine.dispose();
  }
  ctx.metric("anchors", anchors);
  ctx.metric("images", anchors * views);
}

async function open(
  device: Device,
  generator: Generator,
): Promise<{ readonly engine: Engine; readonly program: ImageProgram }> {
  const engine = await openEngine(device);
  return { engine, program: generatorProgram(engine, generator) };
}

/** What a shard's bytes depend on, beside the generator, which is an input of the step. */
function shardKey(options: SampleViewsOptions, range: { first: number; count: number }): Json {
  const { views, transform, prior, truncation, augment, classes, seed } = options;
  return {
    ...range,
    views,
    transform,
    prior,
    truncation,
    augment: augment ?? null,
    classes: classes ?? null,
    seed,
  };
}

/** How they were made, for views.json. The shard size is left out: it changes no byte. */
function facts(options: SampleViewsOptions, { card, digest }: GeneratorFiles): JsonObject {
  const { transform, prior, truncation, augment, classes, seed } = options;
  return {
    generator: { family: card.family, sha256: digest, latentDim: card.latent.dim },
    prior: prior === "model" ? card.latent.prior : prior,
    ...(card.latent.range && { priorRange: card.latent.range }),
    truncation,
    transform,
    augment: augment ?? null,
    ...(card.classes && { classes: card.classes, classesDrawn: classes ?? null }),
    seed,
  };
}
