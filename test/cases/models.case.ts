/** Cases 6, 8, 9, 12, 18 to 21, 24, 26 and 31 of the science faults: generators of other programs, on two engines. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, jest } from "@jest/globals";
import { sha256 } from "../../steps/formats/digest.js";
import { parseNpy } from "../../steps/formats/npy.js";
import { readModel, writeModel } from "../../steps/formats/onnx/index.js";
import { toHalf } from "../../steps/formats/half.js";
import { type Constant, onnxModel, type Operation, type OnnxParts } from "../rig/onnx.js";
import { Project } from "../rig/project.js";

const wave = (shape: readonly number[], scale = 1): Constant => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Array.from({ length: size }, (_, i) => scale * Math.sin(1 + 3 * i)) };
};
const shapeOf = (...sizes: number[]): Constant => ({ type: "int64", shape: [sizes.length], data: sizes });
const z = { name: "z", shape: [-1, 8] };

/** z -> 48 numbers `h` -> ... -> `v` -> images 4 x 4 x 3, `y`. */
const generator = (middle: readonly Operation[], more: Partial<OnnxParts> = {}): Uint8Array =>
  onnxModel({
    inputs: [z],
    ...more,
    constants: { w: wave([8, 48]), size: shapeOf(-1, 3, 4, 4), ...more.constants },
    operations: [
      { op: "MatMul", inputs: ["z", "w"], outputs: ["h"] },
      ...middle,
      { op: "Reshape", inputs: ["v", "size"] },
    ],
  });

const PLAIN: readonly Operation[] = [{ op: "Sigmoid", inputs: ["h"], outputs: ["v"] }];

interface Views {
  readonly views: Uint8Array;
  readonly latents: Float32Array;
  readonly labels?: readonly number[];
}

/** The views on an engine. */
async function sampled(
  files: Readonly<Record<string, Uint8Array>>,
  options: string,
  backend: string,
): Promise<Views> {
  const p = new Project({ "g/note.txt": "" });
  const sums = Object.entries(files).map(([name, bytes]) => {
    writeFileSync(p.path("g", name), bytes);
    return `"${name}": "${sha256(bytes)}"`;
  });
  p.write(
    "p.yaml",
    `name: p\nsteps:\n  g:\n    uses: fetch-generator\n    with: { source: ./g, sha256: { ${sums.join(", ")} }${options} }\n` +
      `  v:\n    uses: sample-views\n    inputs: { generator: g }\n    with: { anchors: 24, seed: 1 }\n`,
  );
  await p.run(["--backend", backend]);
  await p.vistas(["checkout", "p.yaml", "v", "out"]);
  const read = (name: string): Buffer => readFileSync(p.path("out", "views", name));
  return {
    views: Uint8Array.from(parseNpy(read("views.npy"), "views.npy").data as Uint8Array),
    latents: Float32Array.from(parseNpy(read("latents.npy"), "latents.npy").data as Float32Array),
    ...(options.includes("classes") && {
      labels: [...(parseNpy(read("y.npy"), "y.npy").data as Uint8Array)],
    }),
  };
}

/** The same pixels, to 1 of 255, by onnxruntime and by the table of operators on wasm. */
async function sameOnBoth(
  files: Readonly<Record<string, Uint8Array>>,
  options = "",
  most = 1,
): Promise<Views> {
  const [whole, table] = [await sampled(files, options, "onnx"), await sampled(files, options, "wasm")];
  expect(new Set(whole.views).size).toBeGreaterThan(4);
  const worst = whole.views.reduce(
    (max, value, i) => Math.max(max, Math.abs(value - (table.views[i] ?? -9))),
    0,
  );
  expect(worst).toBeLessThanOrEqual(most);
  expect(table.labels).toEqual(whole.labels);
  return whole;
}

// Each runs the command line several times, on two engines.
jest.setTimeout(120_000);

describe("a generator of another program makes the same pixels by onnxruntime and by the table", () => {
  it("science 6: Cast to bool", async () => {
    const middle: Operation[] = [
      { op: "Cast", inputs: ["h"], outputs: ["b"], attributes: { to: 9 } },
      { op: "Neg", inputs: ["h"], outputs: ["n"] },
      { op: "Relu", inputs: ["n"], outputs: ["r"] },
      { op: "Cast", inputs: ["r"], outputs: ["c"], attributes: { to: 9 } },
      { op: "And", inputs: ["b", "c"], outputs: ["d"] },
      { op: "Where", inputs: ["d", "h", "n"], outputs: ["s"] },
      { op: "Sigmoid", inputs: ["s"], outputs: ["v"] },
    ];
    await sameOnBoth({ "g.onnx": generator(middle) });
  });

  it("science 8: weights in a file beside it", async () => {
    const model = readModel(generator(PLAIN));
    const data = Buffer.from(Float32Array.from(wave([8, 48]).data).buffer);
    const { graph } = model;
    if (graph === undefined) throw new Error("no graph");
    const initializer = graph.initializer.map(tensor =>
      tensor.name === "w"
        ? {
            ...tensor,
            floatData: [],
            dataLocation: 1,
            externalData: [
              { key: "location", value: "g.onnx.data" },
              { key: "offset", value: "0" },
              { key: "length", value: String(data.length) },
            ],
          }
        : tensor,
    );
    const main = writeModel({ ...model, graph: { ...graph, initializer } });
    await sameOnBoth({ "g.onnx": main, "g.onnx.data": data });
    await expect(sampled({ "g.onnx": main }, "", "onnx")).rejects.toThrow(
      /'g\.onnx\.data'.*external_data=False/s,
    );
  });

  it("science 9: a product with a vector", async () => {
    const middle: Operation[] = [
      { op: "MatMul", inputs: ["m", "u"], outputs: ["q"] },
      { op: "Mul", inputs: ["h", "q"], outputs: ["s"] },
      { op: "Sigmoid", inputs: ["s"], outputs: ["v"] },
    ];
    await sameOnBoth({ "g.onnx": generator(middle, { constants: { m: wave([48, 3]), u: wave([3]) } }) });
  });

  it("science 12: weights in half precision", async () => {
    const model = readModel(
      generator([
        { op: "Cast", inputs: ["h"], outputs: ["c"], attributes: { to: 1 } },
        { op: "Sigmoid", inputs: ["c"], outputs: ["v"] },
      ]),
    );
    const { graph } = model;
    if (graph === undefined) throw new Error("no graph");
    const bits = Uint16Array.from(wave([8, 48]).data, toHalf);
    const half = { rawData: Buffer.from(bits.buffer), floatData: [], dataType: 10, name: "half" };
    const initializer = graph.initializer.map(tensor =>
      tensor.name === "w" ? { ...tensor, ...half } : tensor,
    );
    const cast = {
      opType: "Cast",
      name: "cast",
      input: ["half"],
      output: ["w"],
      attribute: [{ name: "to", type: 2, i: 1, floats: [], ints: [], strings: [] }],
    };
    await sameOnBoth({
      "g.onnx": writeModel({ ...model, graph: { ...graph, initializer, node: [cast, ...graph.node] } }),
    });
  });

  it("science 18: a class, one-hot or by its index", async () => {
    const add: Operation[] = [
      { op: "Add", inputs: ["h", "e"], outputs: ["s"] },
      { op: "Sigmoid", inputs: ["s"], outputs: ["v"] },
    ];
    const constants = { table: wave([3, 48], 3) };
    const oneHot = generator([{ op: "MatMul", inputs: ["label", "table"], outputs: ["e"] }, ...add], {
      inputs: [z, { name: "label", shape: [-1, 3] }],
      constants,
    });
    const index = generator([{ op: "Gather", inputs: ["table", "k"], outputs: ["e"] }, ...add], {
      inputs: [z, { name: "k", type: "int64", shape: [-1] }],
      constants,
    });
    const a = await sameOnBoth({ "g.onnx": oneHot }, ", classes: [a, b, c]");
    const b = await sameOnBoth(
      { "g.onnx": index },
      ", classes: 3, inputs: { label: { name: k, form: index } }",
    );
    expect(new Set(a.labels)).toEqual(new Set([0, 1, 2]));
    expect(b).toEqual(a);
  });

  it("science 19, 20: a latent with places, and group normalisation", async () => {
    const model = onnxModel({
      opset: 21,
      inputs: [{ name: "z", shape: [-1, 4, 4, 4] }],
      constants: { s: wave([4]), b: wave([4]), w: wave([3, 4, 1, 1]) },
      operations: [
        { op: "GroupNormalization", inputs: ["z", "s", "b"], outputs: ["g"], attributes: { num_groups: 2 } },
        { op: "Conv", inputs: ["g", "w"], outputs: ["c"] },
        { op: "Sigmoid", inputs: ["c"] },
      ],
    });
    const { latents } = await sameOnBoth({ "g.onnx": model });
    expect(latents).toHaveLength(24 * 2 * 64);
  });

  it("science 24, 31: a clip tells the range, and a uniform prior has ends", async () => {
    const model = generator([{ op: "Clip", inputs: ["h", "low", "high"], outputs: ["v"] }], {
      constants: { low: { shape: [], data: [-1] }, high: { shape: [], data: [1] } },
    });
    const { latents } = await sameOnBoth({ "g.onnx": model }, ", latent: { prior: uniform }");
    expect(Math.max(...latents.map(Math.abs))).toBeLessThanOrEqual(1);
  });

  it("science 26: a batch of one, or of four", async () => {
    for (const batch of [1, 4]) {
      const model = generator(PLAIN, {
        inputs: [{ name: "z", shape: [batch, 8] }],
        constants: { size: shapeOf(batch, 3, 4, 4) },
      });
      const { views } = await sameOnBoth({ "g.onnx": model });
      expect(views).toEqual((await sampled({ "g.onnx": generator(PLAIN) }, "", "onnx")).views);
    }
  });
});

it("what the table does not know runs on onnx alone, and other engines say so", async () => {
  const model = generator(
    [
      { op: "Sigmoid", inputs: ["h"], outputs: ["s"] },
      { op: "CumSum", inputs: ["s", "axis"], outputs: ["c"] },
      { op: "Sigmoid", inputs: ["c"], outputs: ["v"] },
    ],
    { constants: { axis: { type: "int64", shape: [], data: [1] } } },
  );
  expect((await sampled({ "g.onnx": model }, "", "onnx")).views.length).toBe(24 * 2 * 48);
  await expect(sampled({ "g.onnx": model }, "", "wasm")).rejects.toThrow(/CumSum[\s\S]*--backend onnx/);
});

it("a model that draws numbers by itself is refused", async () => {
  const model = generator([
    { op: "RandomNormalLike", inputs: ["h"], outputs: ["r"] },
    { op: "Sigmoid", inputs: ["r"], outputs: ["v"] },
  ]);
  await expect(sampled({ "g.onnx": model }, "", "onnx")).rejects.toThrow(/draws random numbers by itself/);
});
