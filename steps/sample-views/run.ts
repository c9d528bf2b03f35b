import type { Device, Json, JsonObject, StepContext } from "../../runner/step-api.js";
import { type Engine, openEngine, type Program } from "../engine/index.js";
import { type Generator, type GeneratorFiles, openGenerator, readGenerator } from "../lib/generator.js";
import { generatorProgram } from "../lib/generator-program.js";
import { writeViews } from "../lib/views.js";
import type { SampleViewsOptions } from "./options.js";
import { writeShard } from "./shard.js";

/**
 * Makes or reuses the shards, each a part of `shard` anchors, and joins them into the output. More anchors with the
 * same other options reuse every whole shard. The engine is opened at the first shard that has to be made.
 */
export async function run(ctx: StepContext<SampleViewsOptions>): Promise<void> {
  const { anchors, shard, views } = ctx.with;
  const files = await readGenerator(ctx.inputs["generator"] ?? "");
  const generator = openGenerator(files);
  const shards: string[] = [];
  let opened: { readonly engine: Engine; readonly program: Program } | undefined;
  try {
    for (let first = 0; first < anchors; first += shard) {
      ctx.signal.throwIfAborted();
      const count = Math.min(shard, anchors - first);
      const made = await ctx.part(shardKey(ctx.with, first, count), async path => {
        opened ??= await open(ctx.device, generator);
        const progress = (done: number): void =>
          ctx.progress(first + Math.floor(done / views), anchors, "anchors");
        await writeShard({ ctx, generator, program: opened.program, progress }, path, first, count);
      });
      shards.push(made);
      ctx.progress(first + count, anchors, "anchors");
    }
  } finally {
    opened?.engine.dispose();
  }
  await writeViews(ctx.outputs["views"] ?? "", shards, anchors, facts(ctx.with, files));
  ctx.metric("anchors", anchors);
  ctx.metric("images", anchors * views);
}

async function open(
  device: Device,
  generator: Generator,
): Promise<{ readonly engine: Engine; readonly program: Program }> {
  const engine = await openEngine(device);
  return { engine, program: generatorProgram(engine, generator) };
}

/** What a shard's bytes depend on, beside the generator, which is an input of the step. */
function shardKey(options: SampleViewsOptions, first: number, count: number): Json {
  const { views, transform, prior, truncation, augment, classes, seed } = options;
  return {
    first,
    count,
    views,
    transform,
    prior,
    truncation,
    augment: augment ?? null,
    classes: classes ?? null,
    seed,
  };
}

/** What views.json tells of how they were made. The shard size is left out: it changes no byte. */
function facts(options: SampleViewsOptions, { card, digest }: GeneratorFiles): JsonObject {
  const { transform, prior, truncation, augment, classes, seed } = options;
  return {
    generator: { family: card.family, sha256: digest, latentDim: card.latent.dim },
    prior: prior === "model" ? card.latent.prior : prior,
    truncation,
    transform,
    augment: augment ?? null,
    ...(card.classes && { classes: card.classes, classesDrawn: classes ?? null }),
    seed,
  };
}
