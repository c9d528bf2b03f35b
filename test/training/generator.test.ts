import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, randomStream } from "../../runner/step-api.js";
import { openEngine } from "../../steps/engine/index.js";
import { withClasses } from "../../steps/nn/conditions.js";
import { openGenerator, readGenerator } from "../../steps/artifacts/generator.js";
import { generatorProgram } from "../../steps/artifacts/generator-program.js";
import { openImages, writeImages } from "../../steps/artifacts/images.js";
import {
  generatorLayers,
  inferenceLayers,
} from "../../steps/kinds/train-generator/generator-architecture.js";
import { modelShapes } from "../../steps/nn/model.js";
import { sampleQuality } from "../../steps/kinds/train-generator/quality/quality.js";
import trainGenerator from "../../steps/kinds/train-generator/index.js";
import { type KindRun, runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";
import { shapesFolder, side } from "./data.js";

const small = { latentDim: 4, hidden: [32], updates: 60, batch: 20, optimiser: { lr: 0.005 }, fdSamples: 60 };
const device = { backend: "wasm" };

describe("train-generator", () => {
  it.each([
    ["mlp", small],
    ["conv", { ...small, architecture: "conv", channels: [4, 8] }],
  ])("%s: learns, tells how well, and makes the same bytes again", async (_, given) => {
    const inputs = { data: await shapesFolder(120) };
    const first = await runKind(trainGenerator, { with: given, inputs, device });
    const again = await runKind(trainGenerator, { with: given, inputs, device });
    const losses = (first.curves["loss"] ?? []).map(([, loss]) => loss);
    expect(losses.at(-1)).toBeLessThan(0.95 * (losses[0] ?? 0));
    for (const file of ["model.safetensors", "model.json", "grid.png", "curve.json"])
      expect(bytes(again, file)).toEqual(bytes(first, file));
    expect(again.metrics).toEqual(first.metrics);
    const untrained = await runKind(trainGenerator, { with: { ...given, updates: 0 }, inputs, device });
    expect(first.metrics["fd"]).toBeLessThan(untrained.metrics["fd"] ?? 0);
    expect(first.metrics["fdFloor"]).toBeLessThan(first.metrics["fd"] ?? 0);
  });

  it("writes a generator that others can load, with its recipe and its data's name", async () => {
    const run = await runKind(trainGenerator, {
      with: small,
      inputs: { data: await shapesFolder(60) },
      device,
    });
    const engine = await openEngine({ backend: "cpu", cpus: 1 });
    const generator = openGenerator(await readGenerator(run.outputs["model"] ?? ""));
    expect(generator.card).toMatchObject({
      family: "vae",
      latent: { dim: 4, prior: "normal" },
      recipe: { updates: 60, frechetDistance: { n: 30, fd: run.metrics["fd"] } },
      provenance: { dataset: "shapes", images: 60 },
    });
    const z = { shape: [3, 4], data: new Float32Array(12) };
    const { images } = await generatorProgram(engine, generator).run({ z });
    expect(images.shape).toEqual([3, side, side, 1]);
    engine.dispose();
  });

  it("is measured against held-out images, which a copy of few training images is far from", async () => {
    const [few, heldout] = [await shapesFolder(12), await shapesFolder(200, 1)];
    const given = { ...small, updates: 0, fdSamples: 12 };
    const run = await runKind(trainGenerator, { with: given, inputs: { data: few, heldout }, device });
    const card = await readGenerator(run.outputs["model"] ?? "");
    expect(card.card.recipe).toMatchObject({
      against: "held-out images",
      frechetDistance: { n: 12, fd: run.metrics["fd"], toTraining: run.metrics["fdTraining"] },
    });
    const without = await runKind(trainGenerator, { with: given, inputs: { data: few }, device });
    expect(without.log.join("\n")).toContain("they cannot show copying");
    expect(without.metrics["fdTraining"]).toBeUndefined();
    const data = await openImages(few);
    const [copies, random] = [data.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), randomStream(0, "quality")];
    const measured = sampleQuality(copies, { data, heldout: await openImages(heldout) }, random);
    expect(measured.frechetDistance.toTraining).toBeLessThan(1e-6);
    expect(measured.frechetDistance.fd).toBeGreaterThan(0.01);
    const other = join(tempFolder(), "images");
    const images = new Uint8Array(20 * 16);
    await writeImages(other, { count: 20, shape: [4, 4, 1], images, classes: [], facts: {} });
    const wrong = runKind(trainGenerator, { with: given, inputs: { data: few, heldout: other }, device });
    await expect(wrong).rejects.toThrow("held-out images are [4, 4, 1], those of 'data' [8, 8, 1]");
  });

  it("says what is wrong", async () => {
    const inputs = { data: await shapesFolder(3) };
    await expect(runKind(trainGenerator, { with: small, inputs, device })).rejects.toThrow(
      "4 images or more",
    );
    const odd = { ...small, architecture: "conv", channels: [2, 2, 2, 2] };
    const data = await shapesFolder(60);
    const run = runKind(trainGenerator, { with: odd, inputs: { data }, device });
    await expect(run).rejects.toThrow("multiples of 16, not 8 x 8");
  });
});

const gan = {
  ...small,
  ...{ family: "gan", architecture: "conv", channels: [4, 8], hidden: [16], updates: 100 },
  optimiser: { lr: 0.005 },
  adversarial: { hidden: [], averaging: 0.9 },
};

describe("train-generator, a GAN", () => {
  it.each<[string, JsonObject]>([
    ["as in DCGAN", {}],
    ["with spectral norm and hinge loss", { normalisation: "spectral", loss: "hinge", pace: 0.5 }],
    ["with classes", { conditional: true }],
    ["against a discriminator of its own", { architecture: "mlp", hidden: [16], normalisation: "none" }],
  ])("%s: gets nearer to the data, and makes the same bytes again", async (_, adversarial) => {
    const inputs = { data: await shapesFolder(120) };
    const given = { ...gan, adversarial: { ...gan.adversarial, ...adversarial } };
    const first = await runKind(trainGenerator, { with: given, inputs, device });
    const again = await runKind(trainGenerator, { with: given, inputs, device });
    for (const file of ["model.safetensors", "model.json", "grid.png", "curve.json"])
      expect(bytes(again, file)).toEqual(bytes(first, file));
    const untrained = await runKind(trainGenerator, { with: { ...given, updates: 0 }, inputs, device });
    expect(first.metrics["fd"]).toBeLessThan(0.7 * (untrained.metrics["fd"] ?? 0));
    expect(first.metrics).toMatchObject({ precision: expect.any(Number), recall: expect.any(Number) });
  });

  it("keeps averaged weights, with batch norm's statistics of their own: an image depends on its latent alone", async () => {
    const inputs = { data: await shapesFolder(60) };
    const run = await runKind(trainGenerator, { with: gan, inputs, device });
    const generator = openGenerator(await readGenerator(run.outputs["model"] ?? ""));
    const engine = await openEngine({ backend: "cpu", cpus: 1 });
    const program = generatorProgram(engine, generator);
    const z = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const three = await program.run({ z: { shape: [3, 4], data: z } });
    const one = await program.run({ z: { shape: [1, 4], data: z.slice(0, 4) } });
    const alone = Array.from(one.images.data);
    expect(alone).toHaveLength(side * side);
    alone.forEach((value, i) => expect(three.images.data[i]).toBeCloseTo(value, 5));
    engine.dispose();
  });

  it("learns which class is which, and says so in its card", async () => {
    const inputs = { data: await shapesFolder(120) };
    const adversarial = { ...gan.adversarial, conditional: true };
    const given = { ...gan, updates: 300, adversarial };
    const run = await runKind(trainGenerator, { with: given, inputs, device });
    const generator = openGenerator(await readGenerator(run.outputs["model"] ?? ""));
    expect(generator.classes).toEqual(["across", "down", "square"]);
    const engine = await openEngine({ backend: "cpu", cpus: 1 });
    // How much brighter the brightest row is than the brightest column: "across" against "down".
    const rowness = async (label: number): Promise<number> => {
      const rows = 60;
      const draws = randomStream(5, "z").at(0);
      const noise = Float32Array.from({ length: rows * 4 }, () => draws.normal());
      const data = withClasses(noise, 4, new Int32Array(rows).fill(label), 3);
      const program = generatorProgram(engine, generator);
      const { images } = await program.run({ z: { shape: [rows, 7], data } });
      return brightest(images.data, i => Math.floor(i / side)) - brightest(images.data, i => i % side);
    };
    expect(await rowness(0)).toBeGreaterThan(await rowness(1));
    engine.dispose();
  });

  it("needs labels to learn classes", async () => {
    const data = await unlabelledFolder();
    const given = { ...gan, adversarial: { conditional: true } };
    await expect(runKind(trainGenerator, { with: given, inputs: { data }, device })).rejects.toThrow(
      "no labels",
    );
  });
});

/** Of pictures side by side: the sum over them of the largest sum of pixels with the same `key`. */
function brightest(pixels: ArrayLike<number>, key: (pixel: number) => number): number {
  let total = 0;
  for (let from = 0; from < pixels.length; from += side * side) {
    const sums = new Float64Array(side);
    for (let i = 0; i < side * side; i++) sums[key(i)] = (sums[key(i)] ?? 0) + (pixels[from + i] ?? 0);
    total += Math.max(...sums);
  }
  return total;
}

async function unlabelledFolder(): Promise<string> {
  const folder = join(tempFolder(), "images");
  const images = new Uint8Array(20 * side * side);
  await writeImages(folder, { count: 20, shape: [side, side, 1], images, classes: [], facts: {} });
  return folder;
}

describe("a generator's layers", () => {
  it.each(["mlp", "conv"] as const)("%s: mirror those of inference", architecture => {
    const options = { architecture, latentDim: 5, hidden: [30, 20], channels: [4, 8] };
    expect(modelShapes(inferenceLayers(options, 10, "relu"), [12, 8, 3]).output).toEqual([10]);
    const { layers } = generatorLayers(options, [12, 8, 3], "sigmoid");
    expect(modelShapes({ layers }, [5]).output).toEqual([12, 8, 3]);
  });
});

function bytes({ outputs }: KindRun<unknown>, file: string): Buffer {
  return readFileSync(join(outputs["model"] ?? "", file));
}
