import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../runner/step-api.js";
import { type Engine, openEngine } from "../../steps/engine/index.js";
import kind from "../../steps/kinds/fetch-generator/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { openGenerator, readGenerator } from "../../steps/artifacts/generator.js";
import { generatorProgram } from "../../steps/artifacts/generator-program.js";
import { prepare } from "../../steps/foreign/prepare.js";
import { readOnnxGraph } from "../../steps/foreign/onnx/read-onnx.js";
import { type ModelProto, readModel, writeModel } from "../../steps/formats/onnx/index.js";
import { parseNpy } from "../../steps/formats/npy.js";
import { runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";

const fixtures = join(import.meta.dirname, "../../../test/fixtures/generators");
const fixture = (name: string): Buffer => readFileSync(join(fixtures, name));

/** The artifact that comes of a model file. */
async function fetched(bytes: Uint8Array, options: JsonObject = {}): Promise<string> {
  const source = join(tempFolder(), "model.onnx");
  writeFileSync(source, bytes);
  const run = await runKind(kind, { with: { source, sha256: { "model.onnx": sha256(bytes) }, ...options } });
  return run.outputs["model"] ?? "";
}

const edited = (change: (model: ModelProto) => ModelProto, name = "dcgan.onnx"): Uint8Array =>
  writeModel(change(readModel(fixture(name))));

const inGraph = (change: (graph: NonNullable<ModelProto["graph"]>) => ModelProto["graph"]) =>
  edited(model => ({ ...model, ...(model.graph && { graph: change(model.graph) ?? model.graph }) }));

describe.each(["cpu", "wasm"])("ONNX generators of PyTorch on %s", backend => {
  let engine: Engine;
  const folders = new Map<string, string>();
  beforeAll(async () => {
    for (const [name, options] of Object.entries(models))
      folders.set(name, await fetched(fixture(`${name}.onnx`), options));
    engine = await openEngine({ backend, cpus: 1 });
  });
  afterAll(() => engine.dispose());
  const models: Record<string, JsonObject> = { dcgan: {}, mixed: {}, fixed: { image: { shape: [8, 8, 1] } } };

  it.each(Object.keys(models))("%s makes PyTorch's images", async name => {
    const generator = openGenerator(await readGenerator(folders.get(name) ?? ""));
    const z = parseNpy(fixture(`${name}.latents.npy`), name);
    const images = parseNpy(fixture(`${name}.images.npy`), name);
    const program = generatorProgram(engine, generator);
    const { images: made } = await program.run({
      z: { shape: z.shape, data: Float32Array.from(z.data as Float32Array) },
    });
    program.dispose();
    expect(made.shape).toEqual(images.shape);
    const numbers = Array.from(made.data);
    const worst = Math.max(...numbers.map((value, i) => Math.abs(value - Number(images.data[i]))));
    expect(worst).toBeLessThan(1e-4);
  });
});

describe("bad ONNX files", () => {
  const bad: [string, () => Uint8Array, RegExp][] = [
    ["a file cut short", () => fixture("dcgan.onnx").subarray(0, 9000), /cut short or damaged/],
    ["no model at all", () => Buffer.from("<html>not found</html>"), /no ONNX model/],
    [
      "an unknown operator",
      () =>
        inGraph(graph => ({
          ...graph,
          node: graph.node.map(n => (n.opType === "Tanh" ? { ...n, opType: "Loop" } : n)),
        })),
      /unknown operator Loop \(first at Loop '.*'\)/,
    ],
    [
      "a latent of another shape",
      () =>
        inGraph(graph => ({
          ...graph,
          input: graph.input.map(i => ({ ...i, type: tensor([-1, 3, 64, 64]) })),
        })),
      /its weights take 8 channels, its input has 3/,
    ],
    [
      "a weight that claims 10 GB",
      () =>
        inGraph(graph => ({
          ...graph,
          initializer: graph.initializer.map((t, i) => (i === 0 ? { ...t, dims: [50000, 50000] } : t)),
        })),
      /would have 2500000000 numbers/,
    ],
    [
      "a weight that claims more than is there",
      () =>
        inGraph(graph => ({
          ...graph,
          initializer: graph.initializer.map((t, i) => (i === 0 ? { ...t, dims: [9, 999] } : t)),
        })),
      /has 8991 numbers, the file holds/,
    ],
    [
      "weights in another file",
      () =>
        inGraph(graph => ({
          ...graph,
          initializer: graph.initializer.map(t => ({
            ...t,
            dataLocation: 1,
            externalData: [{ key: "location", value: "w.bin" }],
          })),
        })),
      /lies in another file \('w.bin'\)/,
    ],
    [
      "a cycle",
      () =>
        inGraph(graph => ({
          ...graph,
          node: graph.node.map((n, i) =>
            i === 1 ? { ...n, input: n.input.with(0, graph.node[2]?.output[0] ?? "") } : n,
          ),
        })),
      /cyclic/,
    ],
    [
      "weights that are texts",
      () =>
        inGraph(graph => ({ ...graph, initializer: graph.initializer.map(t => ({ ...t, dataType: 8 })) })),
      /is of type string/,
    ],
    [
      "NaN",
      () =>
        inGraph(graph => ({
          ...graph,
          initializer: graph.initializer.map(t => ({
            ...t,
            rawData: Buffer.alloc(t.rawData?.length ?? 0, 0xff),
          })),
        })),
      /holds NaN/,
    ],
    [
      "a class that changes nothing",
      () =>
        inGraph(graph => ({ ...graph, input: [...graph.input, { name: "class", type: tensor([-1, 10]) }] })),
      /does not depend on the input 'class'/,
    ],
  ];
  it.each(bad)("refuses %s", async (_, make, message) => {
    await expect(fetched(make())).rejects.toThrow(message);
    await expect(fetched(make())).rejects.toThrow(/^model\.onnx: /);
  });

  it("asks for the image's shape where the output is flat", async () => {
    await expect(fetched(fixture("fixed.onnx"))).rejects.toThrow(
      "image: { shape: [height, width, channels] }",
    );
  });

  it("refuses what is no image", async () => {
    await expect(fetched(fixture("fixed.onnx"), { image: { shape: [4, 4, 4] } })).rejects.toThrow(
      "4 channels",
    );
  });

  it("is read or refused with an Error, whatever was done to it", () => {
    const bytes = fixture("mixed.onnx");
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(bytes.length), (changes, end) => {
        const mutated = Buffer.from(bytes.subarray(0, end % 3 === 0 ? end : undefined));
        for (const { at, to } of changes) if (at < mutated.length) mutated[at] = to;
        try {
          prepare(readOnnxGraph(mutated));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

function tensor(shape: readonly number[]): JsonObject {
  return {
    tensorType: {
      elemType: 1,
      shape: { dim: shape.map(n => (n < 0 ? { dimParam: "n" } : { dimValue: n })) },
    },
  };
}
