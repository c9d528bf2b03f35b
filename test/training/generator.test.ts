import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine } from "../../steps/engine/index.js";
import { openGenerator, readGenerator } from "../../steps/lib/generator.js";
import { generatorProgram } from "../../steps/lib/generator-program.js";
import { generatorLayers, inferenceLayers } from "../../steps/train-generator/architecture.js";
import { modelShapes } from "../../steps/lib/model.js";
import trainGenerator from "../../steps/train-generator/index.js";
import { type FakeRun, runKind } from "../rig/context.js";
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
    expect(images?.shape).toEqual([3, side, side, 1]);
    engine.dispose();
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

describe("a generator's layers", () => {
  it.each(["mlp", "conv"] as const)("%s: mirror those of inference", architecture => {
    const options = { architecture, latentDim: 5, hidden: [30, 20], channels: [4, 8] };
    expect(modelShapes(inferenceLayers(options, 10, "relu"), [12, 8, 3]).output).toEqual([10]);
    const { layers } = generatorLayers(options, [12, 8, 3], "sigmoid");
    expect(modelShapes({ layers }, [5]).output).toEqual([12, 8, 3]);
  });
});

function bytes({ outputs }: FakeRun<unknown>, file: string): Buffer {
  return readFileSync(join(outputs["model"] ?? "", file));
}
