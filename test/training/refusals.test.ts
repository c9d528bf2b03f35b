import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../runner/step-api.js";
import trainClassifier from "../../steps/kinds/train-classifier/index.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import trainGenerator from "../../steps/kinds/train-generator/index.js";
import { featureStd } from "../../steps/training/feature-spread.js";
import { runKind } from "../rig/context.js";
import { shapes, shapesFolder, viewsFolder } from "./data.js";

const device = { backend: "wasm" };
const mlp = { kind: "mlp", hidden: [16] };
const small = { encoder: mlp, head: [8], updates: 3, batch: 12 };

describe("a training that could teach nothing is refused", () => {
  it.each([
    [{}],
    [{ flip: 0 }],
    [{ flip: 1 }],
    [{ crop: { scale: [1, 1] } }],
    [{ brightness: 0.4, jitter: 0 }],
    [{ brightness: 0.001 }],
  ])("identical views of real images: augment %j", async augment => {
    const inputs = { images: await shapesFolder(30) };
    const run = runKind(trainContrastive, { with: { ...small, augment }, inputs, device });
    await expect(run).rejects.toThrow(/same picture.*'augment'/);
    await runKind(trainContrastive, { with: { ...small, augment, updates: 0 }, inputs, device });
  });

  it("identical generated views; but supervised contrast has other pairs, and is told", async () => {
    const inputs = { views: await viewsFolder(30, 2, 0, shapes, true) };
    const run = runKind(trainContrastive, { with: small, inputs, device });
    await expect(run).rejects.toThrow(/same picture.*sample-views/);
    const supcon = { ...small, objective: { kind: "supcon" } };
    const { log } = await runKind(trainContrastive, { with: supcon, inputs, device });
    expect(log.join("\n")).toContain("100 % of the anchors have identical views");
  });

  it("many identical views are told, few are not", async () => {
    const inputs = { images: await shapesFolder(30) };
    const some = await runKind(trainContrastive, {
      with: { ...small, augment: { flip: 0.5 } },
      inputs,
      device,
    });
    expect(some.log.join("\n")).toMatch(/% of the anchors have identical views/);
    const none = await runKind(trainContrastive, { with: { ...small, noise: 0.1 }, inputs, device });
    expect(none.log.join("\n")).not.toContain("identical");
  });

  it("batch norm over one number a channel, of vectors and of maps of one place", async () => {
    const inputs = { images: await shapesFolder(30) };
    const run = (encoder: JsonObject): Promise<unknown> =>
      runKind(trainClassifier, { with: { encoder, updates: 3, batch: 1 }, inputs, device });
    const conv = { kind: "conv", channels: [4], strides: [2], width: 0 };
    for (const encoder of [mlp, { ...conv, width: 4 }, { ...conv, strides: [8] }])
      await expect(run(encoder)).rejects.toThrow(
        /batch norm .* a batch of 1 gives 1: write a larger 'batch'.*'batchNorm: false'/,
      );
    await run({ ...mlp, batchNorm: false });
    await run(conv);
  });

  it("batch norm of a GAN's generator or discriminator on a batch of one", async () => {
    const inputs = { data: await shapesFolder(30) };
    const gan = { family: "gan", latentDim: 4, hidden: [8, 8], updates: 2, fdSamples: 8 };
    for (const adversarial of [{}, { normalisation: "spectral" }])
      await expect(
        runKind(trainGenerator, { with: { ...gan, adversarial, batch: 1 }, inputs, device }),
      ).rejects.toThrow(/batch norm .* a batch of 1 gives 1/);
  });

  it("a warm-up longer than the training, in all kinds that train", async () => {
    const images = await shapesFolder(30);
    const optimiser = { warmup: 4 };
    const message = "with.optimiser.warmup is 4, longer than the training of 3 updates";
    const contrastive = { ...small, noise: 0.1, optimiser };
    for (const run of [
      () => runKind(trainContrastive, { with: contrastive, inputs: { images }, device }),
      () =>
        runKind(trainClassifier, {
          with: { encoder: mlp, updates: 3, batch: 4, optimiser },
          inputs: { images },
          device,
        }),
      () =>
        runKind(trainGenerator, {
          with: { updates: 3, batch: 4, optimiser },
          inputs: { data: images },
          device,
        }),
    ])
      await expect(run()).rejects.toThrow(message);
    await runKind(trainContrastive, {
      with: { ...contrastive, optimiser: { warmup: 3 } },
      inputs: { images },
      device,
    });
    await runKind(trainContrastive, { with: { ...contrastive, updates: 0 }, inputs: { images }, device });
  });
});

describe("a collapsed representation", () => {
  it("is told, with the metric featureStd", async () => {
    const inputs = { images: await shapesFolder(60) };
    const healthy = await runKind(trainContrastive, { with: { ...small, noise: 0.1 }, inputs, device });
    expect(healthy.metrics["featureStd"]).toBeGreaterThan(0.3 / Math.sqrt(16));
    expect(healthy.log.join("\n")).not.toContain("collapsed");
    // A bias that is far larger than what the weights make of an image, reached by steps of that length.
    const wild = { ...small, encoder: { ...mlp, batchNorm: false }, noise: 0.1, updates: 30 };
    const optimiser = { kind: "sgd", lr: 1e-9, weightDecay: 1e9, schedule: "constant", momentum: 0 };
    const dead = await runKind(trainContrastive, { with: { ...wild, optimiser }, inputs, device });
    expect(dead.metrics["featureStd"]).toBeLessThan(0.1 / Math.sqrt(16));
    expect(dead.log.join("\n")).toContain("the representation has collapsed");
  });

  it("is measured as in Chen & He 2021", () => {
    // Rows (3, 4), (0, 5), (0, 0) have the directions (.6, .8), (0, 1), (0, 0).
    const spread = (values: number[]): number => {
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
    };
    const expected = (spread([0.6, 0, 0]) + spread([0.8, 1, 0])) / 2;
    expect(featureStd({ width: 2, values: Float64Array.of(3, 4, 0, 5, 0, 0) })).toBeCloseTo(expected, 12);
    const axes = Float64Array.of(1, 0, -1, 0, 0, 1, 0, -1);
    expect(featureStd({ width: 2, values: axes })).toBeCloseTo(1 / Math.sqrt(2), 12);
    expect(featureStd({ width: 2, values: Float64Array.of(1, 2, 2, 4, 3, 6) })).toBeCloseTo(0, 7);
  });
});
