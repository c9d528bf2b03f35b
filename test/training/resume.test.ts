import { beforeAll, describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject, StepDefinition } from "../../runner/step-api.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import trainGenerator from "../../steps/kinds/train-generator/index.js";
import { type KindRun, contextOf, runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";
import { shapesFolder } from "./data.js";

const device = { backend: "wasm" };
const optimiser = { lr: 0.01, schedule: "constant", warmup: 5 };
const small = {
  encoder: { kind: "mlp", hidden: [16, 8] },
  head: [8],
  updates: 25,
  batch: 12,
  augment: { flip: 0.5, brightness: 0.4 },
  noise: 0.05,
  optimiser,
};
const vae = { latentDim: 2, hidden: [8], updates: 25, batch: 12, optimiser, fdSamples: 20 };

const gan = {
  ...vae,
  ...{ family: "gan", architecture: "conv", channels: [2, 4] },
  adversarial: { conditional: true, normalisation: "spectral", averaging: 0.9 },
};

/** Where a training is killed. */
type Kill =
  | { readonly afterLossOf: number }
  | { readonly inCheckpoint: number; readonly moment: "before" | "while writing" | "after" };

describe.each([
  ["train-contrastive", trainContrastive as StepDefinition, small, "images"],
  ["train-generator, a VAE", trainGenerator as unknown as StepDefinition, vae, "data"],
  ["train-generator, a GAN", trainGenerator as unknown as StepDefinition, gan, "data"],
] as const)("%s", (_, kind, options, role) => {
  let inputs: Record<string, string>;
  /** All that an undisturbed training without checkpoints makes. */
  let whole: Made;
  beforeAll(async () => {
    inputs = { [role]: await shapesFolder(60) };
    whole = made(await runKind(kind, { with: { ...options, checkpoint: 0 }, inputs, device }));
  });
  const run = (given: JsonObject, parts: string): Promise<KindRun> =>
    runKind(kind, { with: { ...options, ...given }, inputs, device, parts });

  it.each<[checkpoint: number, Kill]>([
    [4, { afterLossOf: 10 }],
    [10, { afterLossOf: 20 }],
    [7, { afterLossOf: 25 }],
    [4, { inCheckpoint: 4, moment: "before" }],
    [4, { inCheckpoint: 8, moment: "while writing" }],
    [1, { inCheckpoint: 13, moment: "after" }],
  ])("with a checkpoint every %i updates, killed at %j, makes the same bytes", async (checkpoint, kill) => {
    const parts = join(tempFolder(), "parts");
    const given = { with: { ...options, checkpoint }, inputs, device, parts };
    await expect(kind.run(killed(contextOf(kind, given), kill))).rejects.toThrow("killed");
    const again = await run({ checkpoint }, parts);
    const left = lastCheckpoint(checkpoint, kill);
    expect(again.log.some(line => line.includes(`the checkpoint after ${left} updates`))).toBe(left > 0);
    expect(made(again)).toEqual(whole);
  });

  it("with more updates goes on from what fewer left", async () => {
    const parts = join(tempFolder(), "parts");
    expect((await run({ updates: 13, checkpoint: 6 }, parts)).made.map(updateOf)).toEqual([6, 12]);
    const more = await run({ checkpoint: 6 }, parts);
    expect(more.made.map(updateOf)).toEqual([18, 24]);
    expect(made(more)).toEqual(whole);
    // Another interval finds those that it has in common with the first.
    const other = await run({ checkpoint: 9 }, parts);
    expect(other.log[0]).toContain("after 18 updates");
    expect(made(other)).toEqual(whole);
    const { log } = await run({ updates: 24, checkpoint: 6 }, parts);
    expect(log.filter(line => line.includes("checkpoint"))).toEqual([
      "goes on from the checkpoint after 24 updates",
    ]);
  });

  it("takes no checkpoint of another training: seed, rate, and the length of a cosine", async () => {
    const parts = join(tempFolder(), "parts");
    const cosine = { ...optimiser, schedule: "cosine" };
    await run({ updates: 8, checkpoint: 4, optimiser: cosine }, parts);
    for (const given of [
      { updates: 9, optimiser: cosine },
      { updates: 8, optimiser: cosine, seed: 1 },
      { updates: 8, optimiser: { ...cosine, lr: 0.02 } },
      { updates: 8 },
    ])
      expect((await run({ checkpoint: 4, ...given }, parts)).log[0]).not.toContain("goes on");
    expect((await run({ updates: 8, checkpoint: 4, optimiser: cosine }, parts)).log[0]).toContain(
      "after 4 updates",
    );
  });
});

interface Made {
  readonly files: Readonly<Record<string, string>>;
  readonly metrics: KindRun<unknown>["metrics"];
  readonly curves: KindRun<unknown>["curves"];
}

function made({ outputs, metrics, curves }: KindRun<unknown>): Made {
  const files = Object.values(outputs).flatMap(folder =>
    readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString("base64")] as const),
  );
  return { files: Object.fromEntries(files), metrics, curves };
}

function updateOf(key: Json): unknown {
  return (key as JsonObject)["checkpoint"];
}

/** The context of a step that dies at one place. */
function killed({ ctx }: KindRun, kill: Kill): KindRun["ctx"] {
  const die = (): never => {
    throw new Error("killed");
  };
  if ("afterLossOf" in kill)
    return {
      ...ctx,
      metric(name, value, at) {
        ctx.metric(name, value, at);
        if (at === kill.afterLossOf) die();
      },
    };
  return {
    ...ctx,
    async part(key, produce) {
      if (updateOf(key) !== kill.inCheckpoint) return ctx.part(key, produce);
      if (kill.moment === "before") die();
      const path = await ctx.part(key, async place => {
        await produce(place);
        if (kill.moment === "while writing") die();
      });
      return kill.moment === "after" ? die() : path;
    },
  };
}

/** The newest checkpoint that a killed training leaves. */
function lastCheckpoint(every: number, kill: Kill): number {
  // The loss is told before the checkpoint is kept.
  if ("afterLossOf" in kill) return every * Math.floor((kill.afterLossOf - 1) / every);
  return kill.inCheckpoint - (kill.moment === "after" ? 0 : every);
}
