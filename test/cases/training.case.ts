/** Cases 07, 10, 13, 17 and 32 of the science faults: trainings that could teach nothing. */
import { expect, it } from "@jest/globals";
import trainClassifier from "../../steps/kinds/train-classifier/index.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import trainGenerator from "../../steps/kinds/train-generator/index.js";
import { optimiserSchema } from "../../steps/nn/optimisers/optimiser-options.js";
import { runKind } from "../rig/context.js";
import { shapesFolder, viewsFolder } from "../training/data.js";

const device = { backend: "wasm" };
const small = { encoder: { kind: "mlp", hidden: [16] }, head: [8], updates: 3, batch: 16 };

it("science 07: identical views are refused, of real images and of generated ones", async () => {
  const real = { images: await shapesFolder(60) };
  const flip = runKind(trainContrastive, { with: { ...small, augment: { flip: 0 } }, inputs: real, device });
  await expect(flip).rejects.toThrow("same picture");
  const generated = { views: await viewsFolder(64, 2, 0, undefined, true) };
  const still = runKind(trainContrastive, { with: small, inputs: generated, device });
  await expect(still).rejects.toThrow("same picture");
});

it("science 10: batch norm on a batch of one is refused", async () => {
  const inputs = { images: await shapesFolder(30) };
  const given = { encoder: small.encoder, updates: 200, batch: 1 };
  const run = runKind(trainClassifier, { with: given, inputs, device });
  await expect(run).rejects.toThrow("batch norm");
});

it("science 13: a warm-up longer than the training is refused", async () => {
  const inputs = { images: await shapesFolder(30) };
  const given = { ...small, updates: 20, noise: 0.1, optimiser: { warmup: 1000 } };
  const run = runKind(trainContrastive, { with: given, inputs, device });
  await expect(run).rejects.toThrow("warmup is 1000");
});

it("science 17: the option weightDecay says that it is decoupled with adam", () => {
  expect(JSON.stringify(optimiserSchema(1))).toMatch(/adam: decoupled, as AdamW.*sgd: L2/);
});

it("science 32: a GAN with batch norm on a batch of one is refused", async () => {
  const inputs = { data: await shapesFolder(30) };
  const given = { family: "gan", updates: 50, batch: 1, latentDim: 4, hidden: [16], fdSamples: 10 };
  const run = runKind(trainGenerator, { with: given, inputs, device });
  await expect(run).rejects.toThrow("batch norm");
});
