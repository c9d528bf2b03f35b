import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "../../runner/step-api.js";
import { type Engine, openEngine, type Tensor } from "../../steps/engine/index.js";
import { openGenerator, readGenerator, writeGenerator } from "../../steps/artifacts/generator.js";
import { generatorProgram } from "../../steps/artifacts/generator-program.js";
import type { LayerSpec } from "../../steps/nn/layers/layer.js";
import { type ModelSpec, forward, modelShapes, parseModelSpec, weightArrays } from "../../steps/nn/model.js";
import { dcganCard, mlpCard, randomWeights, writeRandomGenerator } from "../rig/generator.js";
import { naiveForward } from "../rig/naive-model.js";
import { tempFolder } from "../rig/temp.js";

let engine: Engine;
beforeAll(async () => void (engine = await openEngine({ backend: "cpu", cpus: 1 })));
afterAll(() => engine.dispose());

function numbers(count: number): number[] {
  const draws = randomStream(1, "x").at(0);
  return Array.from({ length: count }, () => Math.fround(draws.normal()));
}

async function check(model: ModelSpec, shape: readonly number[]): Promise<void> {
  const { tf } = engine;
  const weights = randomWeights(model, shape);
  const count = shape.reduce((a, b) => a * b, 1);
  const batch = numbers(2 * count);
  const program = engine.program(
    (held, { x }) => ({ outputs: { y: forward(tf, model, new Map(Object.entries(held)), x as Tensor) } }),
    weightArrays(weights),
  );
  const { y } = await program.run({
    x: { shape: [2, ...shape], data: Float32Array.from(batch) },
  });
  const expected = [batch.slice(0, count), batch.slice(count)].flatMap(x =>
    naiveForward(model, weights, shape, x),
  );
  expect(y?.shape).toEqual([2, ...modelShapes(model, shape).output]);
  const worst = Math.max(...expected.map((v, i) => Math.abs(v - (y?.data[i] ?? NaN))));
  expect(worst).toBeLessThan(2e-5);
  program.dispose();
}

describe("every layer, against plain loops", () => {
  const image = [5, 7, 3];
  it.each<[string, LayerSpec, number[]]>([
    ["dense", { type: "dense", units: 4, activation: "tanh" }, [6]],
    ["dense without bias", { type: "dense", units: 4, bias: false, activation: "sigmoid" }, [6]],
    ["conv2d same", { type: "conv2d", filters: 4, kernel: 3, activation: "relu" }, image],
    ["conv2d same, strides 2, even kernel", { type: "conv2d", filters: 2, kernel: 4, strides: 2 }, image],
    [
      "conv2d valid",
      { type: "conv2d", filters: 2, kernel: 3, strides: 2, padding: "valid", bias: false },
      image,
    ],
    ["conv2dTranspose same", { type: "conv2dTranspose", filters: 4, kernel: 4, strides: 2 }, image],
    [
      "conv2dTranspose same, odd kernel",
      { type: "conv2dTranspose", filters: 2, kernel: 5, strides: 2 },
      image,
    ],
    ["conv2dTranspose same, no strides", { type: "conv2dTranspose", filters: 2, kernel: 3 }, image],
    [
      "conv2dTranspose valid",
      { type: "conv2dTranspose", filters: 2, kernel: 3, strides: 2, padding: "valid" },
      image,
    ],
    ["batchNorm of images", { type: "batchNorm", epsilon: 0.1, activation: "leakyRelu" }, image],
    ["batchNorm of vectors", { type: "batchNorm" }, [6]],
    ["upsample", { type: "upsample", factor: 3 }, image],
    ["maxPool", { type: "maxPool", size: 2 }, image],
    ["maxPool with strides", { type: "maxPool", size: 3, strides: 1 }, image],
    ["globalAveragePool", { type: "globalAveragePool" }, image],
    ["reshape", { type: "reshape", shape: [7, 15] }, image],
    ["flatten", { type: "flatten" }, image],
    ["activation", { type: "activation", activation: "leakyRelu" }, image],
    [
      "residual",
      {
        type: "residual",
        layers: [
          { type: "conv2d", filters: 4, kernel: 3, strides: 2, bias: false },
          { type: "batchNorm", activation: "relu" },
          { type: "conv2d", filters: 4, kernel: 3 },
        ],
        shortcut: [{ type: "conv2d", filters: 4, kernel: 1, strides: 2 }],
        activation: "relu",
      },
      image,
    ],
    [
      "residual within a residual, the shortcut being x itself",
      {
        type: "residual",
        layers: [{ type: "residual", layers: [{ type: "dense", units: 6, activation: "tanh" }] }],
      },
      [6],
    ],
  ])("%s", async (_, layer, shape) => {
    await check({ layers: [layer] }, shape);
  });

  it("and a chain of them", async () => {
    await check(dcganCard().model, [8]);
  });
});

describe("a layer list from a file", () => {
  it.each([
    [[{ type: "lstm" }], /x: layers\[0\]: unknown layer "lstm" \(known: dense, conv2d, .*activation\)/],
    [[{ type: "flatten" }, {}], /layers\[1\]: unknown layer undefined/],
    [[{ type: "constructor" }], /unknown layer "constructor"/],
    [[{ type: "dense" }], /layers\[0\] \(dense\): .*must have required property 'units'/],
    [[{ type: "dense", units: 0 }], /units must be >= 1/],
    [[{ type: "dense", units: 4, use_bias: true }], /must NOT have additional properties/],
    [[{ type: "activation", activation: "gelu" }], /must be equal to one of the allowed values/],
    [[], /'layers' must be a list of layers/],
    [[{ type: "residual", layers: [{ type: "dense" }] }], /layers\[0\]\.layers\[0\] \(dense\): .*'units'/],
    [[{ type: "residual", layers: [] }], /layers must NOT have fewer than 1 items/],
  ])("%j is refused by name", (layers, message) => {
    expect(() => parseModelSpec({ layers }, "x")).toThrow(message);
  });

  it.each<[LayerSpec[], number[], RegExp]>([
    [
      [{ type: "dense", units: 2 }],
      [4, 4, 1],
      /layers\[0\] \(dense\): takes a vector \[n\], not \[4, 4, 1\]/,
    ],
    [
      [{ type: "flatten" }, { type: "upsample", factor: 2 }],
      [4, 4, 1],
      /layers\[1\] \(upsample\): takes an image/,
    ],
    [
      [{ type: "residual", layers: [{ type: "conv2d", filters: 2, kernel: 3 }] }],
      [4, 4, 1],
      /layers\[0\] \(residual\): its layers put out \[4, 4, 2\], which is to be added to \[4, 4, 1\].*'shortcut'/,
    ],
    [
      [{ type: "residual", layers: [{ type: "flatten" }, { type: "maxPool", size: 2 }] }],
      [4, 4, 1],
      /layers\[0\] \(residual\): layers\[1\] \(maxPool\): takes an image/,
    ],
    [[{ type: "reshape", shape: [3, 3, 1] }], [8], /\[8\] cannot become \[3, 3, 1\]/],
    [
      [{ type: "conv2d", filters: 1, kernel: 5, padding: "valid" }],
      [4, 4, 1],
      /nothing is left of \[4, 4, 1\]/,
    ],
  ])("%j cannot follow its input", (layers, input, message) => {
    expect(() => modelShapes({ layers }, input)).toThrow(message);
  });
});

describe("the generator artifact", () => {
  it("is the same bytes each time, and reads back", async () => {
    const card = dcganCard();
    const [a, b] = [await writeRandomGenerator(card), await writeRandomGenerator(card)];
    for (const name of ["model.json", "model.safetensors"])
      expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name)))).toBe(true);
    expect((await readGenerator(a)).card).toEqual(card);
  });

  it("generates images in [0, 1], whatever range its network has", async () => {
    const card = dcganCard();
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const program = generatorProgram(
      engine,
      openGenerator(await readGenerator(await writeRandomGenerator(card))),
    );
    const z = numbers(8);
    const { images } = await program.run({ z: { shape: [1, 8], data: Float32Array.from(z) } });
    expect(images.shape).toEqual([1, 12, 12, 1]);
    const raw = naiveForward(card.model, randomWeights(card.model, [8]), [8], z);
    const actual = Array.from(images.data);
    actual.forEach((v, i) => expect(v).toBeCloseTo(((raw[i] ?? NaN) + 1) / 2, 5));
    expect(Math.min(...actual)).toBeGreaterThanOrEqual(0);
    program.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("says what does not fit: a weight's shape, a missing and a strange weight, the image's size", async () => {
    const folder = join(tempFolder(), "m");
    const card = mlpCard();
    const weights = randomWeights(card.model, [4]);
    const without = new Map(weights);
    without.delete("layers.1.bias");
    await expect(writeGenerator(folder, card, without)).rejects.toThrow("'layers.1.bias' [30] is missing");
    const strange = new Map([
      ...weights,
      ["extra", { dtype: "f4", shape: [1], data: new Float32Array(1) }] as const,
    ]);
    await expect(writeGenerator(folder, card, strange)).rejects.toThrow("'extra' belongs to no layer");
    const wrong = new Map([
      ...weights,
      ["layers.1.bias", { dtype: "f4", shape: [1, 30], data: new Float32Array(30) }] as const,
    ]);
    await expect(writeGenerator(folder, card, wrong)).rejects.toThrow(
      "'layers.1.bias' is [1, 30], the layer list asks for [30]",
    );
    const large = mlpCard({ image: { shape: [6, 6, 1], range: [0, 1] } });
    await expect(writeGenerator(folder, large, weights)).rejects.toThrow(
      "the layers put out [6, 5, 1], the card's image is [6, 6, 1]",
    );
  });

  it("refuses a card that belongs to other weights, or lacks something", async () => {
    const [a, b] = [await writeRandomGenerator(mlpCard(), 0), await writeRandomGenerator(mlpCard(), 1)];
    const card = readFileSync(join(a, "model.json"), "utf8");
    writeFileSync(join(b, "model.json"), card);
    await expect(readGenerator(b)).rejects.toThrow("belongs to other weights");
    for (const [from, to, message] of [
      ['"kind": "generator"', '"kind": "encoder"', 'must say "format": 1, "kind": "generator"'],
      ['"dim": 4', '"dim": 0', "'latent.dim' must be a whole number >= 1"],
      ['"prior": "normal"', '"prior": "cauchy"', "'latent.prior' must be"],
      ['"family": "vae"', '"family": "vae", "classes": 10', "'classes' must be a list of names"],
      ['"family": "vae"', '"family": "vae", "classes": ["hat"]', "the layer list asks for"],
    ] as const) {
      writeFileSync(join(a, "model.json"), card.replace(from, to));
      await expect(readGenerator(a)).rejects.toThrow(message);
    }
  });
});
