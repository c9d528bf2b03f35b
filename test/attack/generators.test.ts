/** Models of strangers: each of these is refused with the file's name and what is wrong with it, and nothing is made. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../runner/step-api.js";
import kind from "../../steps/kinds/fetch-generator/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { type ModelProto, readModel, writeModel } from "../../steps/formats/onnx/index.js";
import { runKind } from "../rig/context.js";
import { writeRandomGenerator } from "../rig/generator.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

type Files = Readonly<Record<string, Uint8Array>>;

/** Fetches files as a model; `stated` are checksums that are not theirs. */
async function fetched(files: Files, stated: Readonly<Record<string, string>> = {}): Promise<void> {
  const source = tempFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(source, name), bytes);
  const sums = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)]));
  await runKind(kind, { with: { source, sha256: { ...sums, ...stated } } });
}

const dcgan = readFileSync(join(import.meta.dirname, "../../../test/fixtures/generators/dcgan.onnx"));
type Graph = NonNullable<ModelProto["graph"]>;
const changed = (change: (graph: Graph) => Partial<Graph>): Files => {
  const model = readModel(dcgan);
  const graph = model.graph === undefined ? {} : { graph: { ...model.graph, ...change(model.graph) } };
  return { "model.onnx": writeModel({ ...model, ...graph }) };
};
const weights = (
  change: (tensor: Graph["initializer"][number]) => Partial<Graph["initializer"][number]>,
): Files =>
  changed(({ initializer }) => ({
    initializer: initializer.map(tensor => ({ ...tensor, ...change(tensor) })),
  }));

/** Graphs within graphs, as no writer makes them: each a model's node's attribute. */
function nested(levels: number): Uint8Array {
  const pieces: number[][] = [];
  let length = 0;
  const wrap = (field: number): void => {
    const head = [(field << 3) | 2];
    for (let rest = length; ; rest >>>= 7) {
      head.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    pieces.push(head);
    length += head.length;
  };
  for (let i = 0; i < levels; i++) for (const field of [1, 5, 6].reverse()) wrap(field);
  wrap(7);
  return Uint8Array.from(pieces.reverse().flat());
}

describe("an ONNX file", () => {
  const bad: readonly (readonly [string, () => Files, RegExp])[] = [
    [
      "cut short anywhere",
      () => ({ "model.onnx": dcgan.subarray(0, dcgan.length - 100) }),
      /cut short or damaged/,
    ],
    [
      "that says it has 10 GB",
      () => ({ "model.onnx": Uint8Array.from([0x3a, 0x80, 0xc8, 0xaf, 0xa0, 0x25, 1, 2]) }),
      /no ONNX model/,
    ],
    [
      "of graphs within graphs without end",
      () => ({ "model.onnx": nested(50_000) }),
      /no ONNX model|damaged/,
    ],
    [
      "of an operator that nobody knows",
      () => changed(({ node }) => ({ node: node.map(n => ({ ...n, domain: "com.evil" })) })),
      /unknown operator com\.evil\./,
    ],
    [
      "whose operator is a library of its own",
      () =>
        changed(({ node }) => ({
          node: node.map(n => ({ ...n, opType: "PyOp", domain: "ai.onnx.contrib" })),
        })),
      /unknown operator ai\.onnx\.contrib\.PyOp/,
    ],
    ...["../../etc/passwd", "/etc/passwd", "weights.bin", "a/../../x"].map(
      path =>
        [
          `whose weights lie at ${path}`,
          () => weights(() => ({ dataLocation: 1, externalData: [{ key: "location", value: path }] })),
          /lies in another file \('/,
        ] as const,
    ),
    [
      "of infinite weights",
      () =>
        weights(({ rawData }) => ({
          rawData: Buffer.alloc(rawData?.length ?? 0, Buffer.from([0, 0, 0x80, 0x7f])),
        })),
      /holds NaN or infinite/,
    ],
    ["of weights of negative size", () => weights(() => ({ dims: [-4, -4] })), /no shape/],
    [
      "that takes another rank",
      () =>
        changed(({ input }) => ({
          input: input.map(i => ({
            ...i,
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 4 }] } } },
          })),
        })),
      /a generator takes latents/,
    ],
  ];
  it.each(bad)("%s is refused", async (_, files, message) => {
    await expect(fetched(files())).rejects.toThrow(message);
    await expect(fetched(files())).rejects.toThrow(/^model\.onnx: /);
  });

  it("with another checksum is not even read", async () => {
    await expect(fetched({ "model.onnx": dcgan }, { "model.onnx": sha256("x") })).rejects.toThrow(
      `model.onnx has sha256 ${sha256(dcgan)}, but ${sha256("x")} is expected`,
    );
  });
});

const numbers = Float32Array.from({ length: 4 * 12 + 12 }, (_, i) => Math.sin(i));
const shard = new Uint8Array(numbers.buffer);
const manifest = (paths = ["w.bin"], kernel = [4, 12]): JsonObject[] => [
  {
    paths,
    weights: [["d/kernel", kernel] as const, ["d/bias", [12]] as const].map(([name, shape]) => ({
      name,
      shape,
      dtype: "float32",
    })),
  },
];
const layersModel = (
  config: JsonObject = {},
  weightsManifest = manifest(),
  more: JsonObject[] = [],
): JsonObject => ({
  modelTopology: {
    class_name: "Sequential",
    config: {
      layers: [
        {
          class_name: "Dense",
          config: { name: "d", units: 12, activation: "tanh", batch_input_shape: [null, 4], ...config },
        },
        { class_name: "Reshape", config: { name: "r", target_shape: [2, 2, 3] } },
        ...more,
      ],
    },
  },
  weightsManifest,
});
const tfjs = (model: JsonObject, bytes: Uint8Array = shard): Files => ({
  "model.json": Buffer.from(JSON.stringify(model)),
  "w.bin": bytes,
});
const withNumber = (value: number): Uint8Array => new Uint8Array(numbers.with(3, value).buffer);

describe("a TensorFlow.js model", () => {
  it("as it should be is taken", async () => {
    await expect(fetched(tfjs(layersModel()))).resolves.toBeUndefined();
  });

  const graphModel: JsonObject = {
    modelTopology: {
      node: [
        {
          name: "z",
          op: "Placeholder",
          attr: { shape: { shape: { dim: [{ size: "-1" }, { size: "4" }] } } },
        },
        { name: "evil", op: "PyFunc", input: ["z"] },
      ],
    },
    weightsManifest: [],
  };
  const bad: readonly (readonly [string, () => Files, RegExp])[] = [
    [
      "cut short",
      () => ({ ...tfjs({}), "model.json": Buffer.from(JSON.stringify(layersModel()).slice(0, -20)) }),
      /no JSON/,
    ],
    ["whose weights are cut short", () => tfjs(layersModel(), shard.subarray(0, 100)), /cut short/],
    [
      "whose weights are too long",
      () => tfjs(layersModel(), Buffer.concat([shard, shard])),
      /belong to no weight/,
    ],
    [
      "that claims 10 GB",
      () => tfjs(layersModel({}, manifest(undefined, [50_000, 50_000]))),
      /would have 2500000000 numbers/,
    ],
    [
      "of an unknown operator",
      () => ({ "model.json": Buffer.from(JSON.stringify(graphModel)) }),
      /unknown operator PyFunc/,
    ],
    [
      "of a layer that is code",
      () =>
        tfjs(layersModel({}, manifest(), [{ class_name: "Lambda", config: { name: "l", function: "x" } }])),
      /unknown layer Lambda/,
    ],
    [
      "that takes pictures",
      () => tfjs(layersModel({ batch_input_shape: [null, 4, 4, 3] })),
      /a generator takes latents|its kernel takes/,
    ],
    ["of NaN", () => tfjs(layersModel(), withNumber(NaN)), /holds NaN or infinite/],
    ["of infinity", () => tfjs(layersModel(), withNumber(-Infinity)), /holds NaN or infinite/],
    [
      "nested without end",
      () => ({
        ...tfjs({}),
        "model.json": Buffer.from(
          `{"modelTopology":${"[".repeat(100_000)}${"]".repeat(100_000)},"weightsManifest":[]}`,
        ),
      }),
      /nested more than 200 deep/,
    ],
    ...["../w.bin", "/etc/passwd", "a/../../w.bin", "..\\w.bin"].map(
      path =>
        [
          `whose weights lie at ${path}`,
          () => tfjs(layersModel({}, manifest([path]))),
          /must lie beside it/,
        ] as const,
    ),
    [
      "whose weights lie on a server",
      () => tfjs(layersModel({}, manifest(["https://example.org/w.bin"]))),
      /are missing/,
    ],
  ];
  it.each(bad)("%s is refused", async (_, files, message) => {
    await expect(fetched(files())).rejects.toThrow(message);
    await expect(fetched(files())).rejects.toThrow(/^(no source gave )?model\.json/);
  });

  it.each(["model.json", "w.bin"])("with another checksum of %s is not even read", async name => {
    await expect(fetched(tfjs(layersModel()), { [name]: sha256("x") })).rejects.toThrow(`${name} has sha256`);
  });
});

describe("a generator in the format of vistas", () => {
  async function changedOwn(change: (files: Record<string, Buffer>) => void): Promise<void> {
    const folder = await writeRandomGenerator();
    const files: Record<string, Buffer> = {};
    for (const name of ["model.json", "model.safetensors"]) files[name] = readFileSync(join(folder, name));
    const card = JSON.parse(String(files["model.json"])) as JsonObject;
    files["model.json"] = Buffer.from(JSON.stringify({ ...card, weights: {} }));
    change(files);
    await fetched(files);
  }

  it("of NaN, or nested without end, or with a header of 10 GB, is refused", async () => {
    await expect(
      changedOwn(files => void files["model.safetensors"]?.subarray(-4).fill(0xff)),
    ).rejects.toThrow("holds NaN or infinite");
    await expect(
      changedOwn(files => {
        files["model.json"] = Buffer.from(`{"recipe":${'{"a":'.repeat(100_000)}1${"}".repeat(100_001)}`);
      }),
    ).rejects.toThrow("model.json: it is nested more than 200 deep");
    await expect(
      changedOwn(files => void files["model.safetensors"]?.writeBigUInt64LE(10_000_000_000n, 0)),
    ).rejects.toThrow(/model\.safetensors/);
  });
});

it("a bad model fails its step with exit code 1, in one line that names the file", async () => {
  const p = new Project({ "g/model.onnx": "<html>not found</html>" });
  const digest = sha256(Buffer.from("<html>not found</html>"));
  p.write(
    "p.yaml",
    `steps:\n  g: { uses: fetch-generator, with: { source: ./g, sha256: { model.onnx: "${digest}" } } }\n`,
  );
  const { ends } = await p.runEvents(["--backend", "cpu"], { code: 1 });
  expect(ends[0]?.error?.split("\n")[0]).toMatch(/^model\.onnx: it is no ONNX model/);
});
