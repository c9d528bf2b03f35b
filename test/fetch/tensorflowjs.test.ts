import { describe, expect, it } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "../../runner/step-api.js";
import { openEngine } from "../../steps/engine/index.js";
import kind from "../../steps/kinds/fetch-generator/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { openGenerator, readGenerator } from "../../steps/artifacts/generator.js";
import { generatorProgram } from "../../steps/artifacts/generator-program.js";
import { parseNpy } from "../../steps/formats/npy.js";
import { runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";

const weights: readonly [name: string, shape: readonly number[]][] = [
  ["dense/kernel", [4, 18]],
  ["dense/bias", [18]],
  ["up/kernel", [4, 4, 3, 2]],
  ["up/bias", [3]],
];
const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const numbers = Float32Array.from(
  { length: weights.reduce((sum, [, shape]) => sum + count(shape), 0) },
  (_, i) => Math.sin(i),
);
const manifest: Json = [
  {
    paths: ["group1-shard1of1.bin"],
    weights: weights.map(([name, shape]) => ({ name, shape: [...shape], dtype: "float32" })),
  },
];

const layers = (extra: readonly JsonObject[] = []): JsonObject => ({
  format: "layers-model",
  modelTopology: {
    class_name: "Sequential",
    config: {
      name: "g",
      layers: [
        layer("Dense", { name: "dense", units: 18, activation: "relu", batch_input_shape: [null, 4] }),
        layer("Reshape", { name: "reshape", target_shape: [3, 3, 2] }),
        ...extra,
        layer("Conv2DTranspose", {
          ...{ name: "up", filters: 3, kernel_size: [4, 4], strides: [2, 2] },
          ...{ padding: "same", activation: "tanh" },
        }),
      ],
    },
  },
  weightsManifest: manifest,
});

/** The same network as a graph. */
const graph: JsonObject = {
  format: "graph-model",
  modelTopology: {
    node: [
      node("z", "Placeholder", [], { shape: { shape: { dim: [{ size: "1" }, { size: "4" }] } } }),
      ...weights.map(([name]) => node(name, "Const", [])),
      node("product", "_FusedMatMul", ["z", "dense/kernel", "dense/bias"], {
        fused_ops: { list: { s: ["BiasAdd", "Relu"].map(text => Buffer.from(text).toString("base64")) } },
      }),
      ...["shape", "size"].map(name => node(name, "Const", [])),
      node("image", "Reshape", ["product", "shape"]),
      node("up", "Conv2DBackpropInput", ["size", "up/kernel", "image"], {
        strides: { list: { i: ["1", "2", "2", "1"] } },
        padding: { s: Buffer.from("SAME").toString("base64") },
      }),
      node("biased", "BiasAdd", ["up", "up/bias"]),
      node("tanh", "Tanh", ["biased"]),
    ],
  },
  signature: { outputs: { image: { name: "tanh:0" } } },
  weightsManifest: [
    ...manifest,
    {
      paths: ["group2-shard1of1.bin"],
      weights: [
        { name: "shape", shape: [4], dtype: "int32" },
        { name: "size", shape: [4], dtype: "int32" },
      ],
    },
  ],
};

function layer(name: string, config: JsonObject): JsonObject {
  return { class_name: name, config };
}

function node(name: string, op: string, input: readonly string[], attr: JsonObject = {}): JsonObject {
  return { name, op, input: [...input], attr: { T: { type: "DT_FLOAT" }, ...attr } };
}

async function images(model: JsonObject, more: Readonly<Record<string, Uint8Array>> = {}): Promise<number[]> {
  const source = tempFolder();
  const files: Record<string, Uint8Array> = {
    "model.json": Buffer.from(JSON.stringify(model)),
    "group1-shard1of1.bin": new Uint8Array(numbers.buffer),
    ...more,
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(source, name), bytes);
  const sums = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)]));
  const run = await runKind(kind, { with: { source, sha256: sums } });
  const generator = openGenerator(await readGenerator(run.outputs["model"] ?? ""));
  expect(generator.imageShape).toEqual([6, 6, 3]);
  const engine = await openEngine({ backend: "cpu", cpus: 1 });
  const z = { shape: [2, 4], data: Float32Array.from([0.1, -0.4, 0.9, 0.2, 1, 0, -1, 0.5]) };
  const made = await generatorProgram(engine, generator).run({ z });
  engine.dispose();
  return [...made.images.data];
}

/** The network from its definition: y[2h + i - 1, 2w + j - 1] += x[h, w] W[i, j]. */
function naive(z: readonly number[]): number[] {
  const [dense, bias, kernel, last] = [0, 72, 90, 186].map((at, i) =>
    numbers.subarray(at, [72, 90, 186, 189][i]),
  );
  const x = Array.from({ length: 18 }, (_, u) =>
    Math.max(
      0,
      z.reduce((sum, value, k) => sum + value * (dense?.[k * 18 + u] ?? 0), bias?.[u] ?? 0),
    ),
  );
  const y = Array.from({ length: 108 }, (_, at) => last?.[at % 3] ?? 0);
  for (let at = 0; at < 18; at++)
    for (let tap = 0; tap < 16; tap++) {
      const [h, w, c] = [Math.floor(at / 6), Math.floor(at / 2) % 3, at % 2];
      const [row, column] = [2 * h + Math.floor(tap / 4) - 1, 2 * w + (tap % 4) - 1];
      if (row < 0 || row > 5 || column < 0 || column > 5) continue;
      for (let o = 0; o < 3; o++)
        y[(row * 6 + column) * 3 + o] =
          (y[(row * 6 + column) * 3 + o] ?? 0) + (x[at] ?? 0) * (kernel?.[(tap * 3 + o) * 2 + c] ?? 0);
    }
  return y.map(value => (Math.tanh(value) + 1) / 2);
}

const expected = [...naive([0.1, -0.4, 0.9, 0.2]), ...naive([1, 0, -1, 0.5])];

function worst(made: readonly number[]): number {
  expect(made).toHaveLength(expected.length);
  return Math.max(...made.map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
}

describe("TensorFlow.js generators", () => {
  it("a layers model makes the images of its definition", async () => {
    expect(worst(await images(layers()))).toBeLessThan(1e-5);
  });

  it("a graph model makes the images of its definition, for any batch though it was saved for 1", async () => {
    const sizes = Int32Array.from([1, 3, 3, 2, 1, 6, 6, 3]);
    const more = { "group2-shard1of1.bin": new Uint8Array(sizes.buffer) };
    expect(worst(await images(graph, more))).toBeLessThan(1e-5);
  });

  it("does not look at a Lambda layer's code", async () => {
    const lambda = layer("Lambda", { name: "evil", function: ["4wEAAAA=", null, null] });
    await expect(images(layers([lambda]))).rejects.toThrow("model.json: unknown layer Lambda ('evil')");
  });

  it("names the weight file that is missing, and one that is cut short", async () => {
    const [group] = manifest as JsonObject[];
    const missing = { ...layers(), weightsManifest: [{ ...group, paths: ["other.bin"] }] };
    await expect(images(missing)).rejects.toThrow("model.json: its weights 'other.bin' are missing");
    const short = { "group1-shard1of1.bin": new Uint8Array(numbers.buffer).subarray(0, 400) };
    await expect(images(layers(), short)).rejects.toThrow("cut short");
  });

  it("takes no weights from elsewhere, and no deep nesting", async () => {
    const [group] = manifest as JsonObject[];
    const outside = { ...layers(), weightsManifest: [{ ...group, paths: ["../secret.bin"] }] };
    await expect(images(outside)).rejects.toThrow("must lie beside it");
    const deep = JSON.parse(`${'{"a":'.repeat(300)}1${"}".repeat(300)}`) as JsonObject;
    await expect(images({ ...layers(), deep })).rejects.toThrow("nested more than 200 deep");
  });
});

describe("a generator that others saved", () => {
  const fixtures = join(import.meta.dirname, "../../../test/fixtures/generators");
  const fixture = (name: string): Buffer => readFileSync(join(fixtures, name));

  it.each([
    ["a layers model of TensorFlow.js itself", "layers", 1e-5],
    ["a graph model, made of Keras's by TensorFlow.js's converter", "graph", 1e-4],
  ])("%s: makes the images that they made", async (_, name, tolerance) => {
    const source = tempFolder();
    const files = { "model.json": `${name}.model.json`, [`${name}.weights.bin`]: `${name}.weights.bin` };
    const sums: Record<string, string> = {};
    for (const [to, from] of Object.entries(files)) {
      writeFileSync(join(source, to), fixture(from));
      sums[to] = sha256(fixture(from));
    }
    const run = await runKind(kind, { with: { source, sha256: sums } });
    const generator = openGenerator(await readGenerator(run.outputs["model"] ?? ""));
    const z = parseNpy(fixture(`${name}.latents.npy`), "latents");
    const images = parseNpy(fixture(`${name}.images.npy`), "images");
    expect(generator.latentDim).toBe(z.shape[1]);
    const engine = await openEngine({ backend: "cpu", cpus: 1 });
    const { tf } = engine;
    const weights = Object.fromEntries(
      Object.entries(generator.weights).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    );
    const latents = tf.tensor2d(z.data as Float32Array, [3, generator.latentDim]);
    const made = generator.generate(tf, weights, latents);
    expect(made.shape).toEqual(images.shape);
    const numbers = [...(await made.data())];
    engine.dispose();
    const worst = Math.max(...numbers.map((value, i) => Math.abs(value - Number(images.data[i]))));
    expect(worst).toBeLessThan(tolerance);
  });
});
