/** Cases 01 to 05, 11, 14 to 16, 22, 23, 25, 27, 29, 30 and 33 of the science faults, and 14, 15, 21 of the attacks. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, it } from "@jest/globals";
import type { JsonObject } from "../../runner/step-api.js";
import type { NdArray } from "../../steps/formats/arrays.js";
import { sha256 } from "../../steps/formats/digest.js";
import { type ImageSet, readImages } from "../../steps/artifacts/images.js";
import { readNpy, writeNpy } from "../../steps/formats/npy.js";
import { decodePng } from "../../steps/formats/pictures/png.js";
import { payloadDigest } from "../../steps/sources/payloads.js";
import { fixture } from "../rig/fixtures.js";
import { writeRandomGenerator } from "../rig/generator.js";
import { Project } from "../rig/project.js";

const picture = (name: string): Uint8Array => readFileSync(fixture(`pictures/${name}`));
const colour = picture("colour.png");

/** A project whose step `real` has these pictures as train and test, and more steps of JSON. */
function pictures(files: Readonly<Record<string, Uint8Array>>, options: JsonObject = {}): Project {
  const p = new Project();
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(p.path("d/set", path)), { recursive: true });
    writeFileSync(p.path("d/set", path), bytes);
  }
  const part = { images: "set" };
  const real = { source: "./d", sha256: { set: payloadDigest(new Map(Object.entries(files))) }, ...options };
  return steps(p, { real: { uses: "fetch-dataset", with: { ...real, files: { train: part, test: part } } } });
}

function steps(p: Project, given: JsonObject): Project {
  return p.write("p.yaml", JSON.stringify({ steps: given }));
}

/** The same of arrays: 8 x 8 pixels unless they are given. */
async function arrays(
  labels: number[],
  {
    dtype = "u1",
    pixels,
    more = {},
    options = {},
  }: {
    dtype?: NdArray["dtype"];
    pixels?: NdArray["data"];
    more?: JsonObject;
    options?: JsonObject;
  } = {},
): Promise<Project> {
  const p = new Project();
  mkdirSync(p.path("d"));
  const bytes = Uint8Array.from(
    { length: labels.length * 64 },
    (_, i) => (i * i + 31 * (labels[i >> 6] ?? 0)) % 251,
  );
  const shape = [labels.length, 8, 8];
  await writeNpy(p.path("d/x.npy"), { dtype, shape, data: pixels ?? bytes });
  const data = BigInt64Array.from(labels, BigInt);
  await writeNpy(p.path("d/y.npy"), { dtype: "i8", shape: [labels.length], data });
  const sums = Object.fromEntries(
    ["x.npy", "y.npy"].map(name => [name, sha256(readFileSync(p.path("d", name)))]),
  );
  const part = { images: "x.npy", labels: "y.npy" };
  const files = { train: part, test: part };
  return steps(p, {
    real: { uses: "fetch-dataset", with: { source: "./d", sha256: sums, files, ...options } },
    ...more,
  });
}

async function log(p: Project, code = 0): Promise<string> {
  const called = await p.vistas(["--verbose", "run", "p.yaml"]);
  expect([called.code, called.stderr]).toEqual([code, expect.any(String)]);
  return called.stderr + called.stdout;
}

async function output(p: Project, name: string): Promise<string> {
  const to = p.path("out", name);
  expect((await p.vistas(["checkout", "p.yaml", name, to])).code).toBe(0);
  const [only = ""] = readdirSync(to);
  return join(to, only);
}

const train = async (p: Project): Promise<ImageSet> => readImages(await output(p, "real.train"));
const count = (labels: ArrayLike<number> | undefined): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const label of Array.from(labels ?? [])) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
};
const probe = (more: JsonObject = {}): JsonObject => ({
  probe: { uses: "evaluate-probe", inputs: { train: "real.train", test: "real.test" }, with: more },
});

it("science 01: JPEGs beside PNGs, and a class of JPEGs alone, are read", async () => {
  const p = pictures({
    "cat/1.png": colour,
    "cat/2.jpg": picture("colour.jpg"),
    "eel/3.jpg": picture("progressive.jpg"),
  });
  await log(p);
  expect(await train(p)).toMatchObject({ count: 3, classes: ["cat", "eel"] });
});

it("science 02, 03: a class is a first folder; hidden folders are none", async () => {
  const p = pictures({
    "cat/a/1.png": colour,
    "dog/batch1/2.png": colour,
    "dog/batch2/3.png": colour,
    ".ipynb_checkpoints/1-checkpoint.png": colour,
  });
  await log(p);
  expect(await train(p)).toMatchObject({ classes: ["cat", "dog"], labels: Int32Array.of(0, 1, 1) });
});

it("science 04: classes in another order keep the folders' names", async () => {
  const p = pictures({ "cat/1.png": colour, "dog/2.png": colour }, { classes: ["dog", "cat"] });
  await log(p);
  expect(await train(p)).toMatchObject({ classes: ["dog", "cat"], labels: Int32Array.of(1, 0) });
});

it("science 05: no view is drawn of a class that no image has", async () => {
  const conditional = { family: "gan", adversarial: { conditional: true } };
  const small = { updates: 2, batch: 8, latentDim: 4, hidden: [8], fdSamples: 10 };
  const p = await arrays(
    Array.from({ length: 60 }, (_, i) => 5 * (i % 3)),
    {
      more: {
        tg: { uses: "train-generator", inputs: { data: "real.train" }, with: { ...conditional, ...small } },
        views: { uses: "sample-views", inputs: { generator: "tg" }, with: { anchors: 90, views: 1 } },
      },
    },
  );
  await log(p);
  expect((await train(p)).classes).toEqual(["0", "5", "10"]);
  const y = await readNpy(join(await output(p, "views"), "y.npy"));
  expect(Object.keys(count(Array.from<number | bigint, number>(y.data, Number)))).toEqual(["0", "1", "2"]);
});

it("science 11: float images are named with their type, their values and the remedy", async () => {
  const p = await arrays([0, 1], { dtype: "f4", pixels: new Float32Array(128).fill(0.5) });
  expect(await log(p, 1)).toContain("x.npy is float32 with values from 0.5 to 0.5: say which values");
});

it("science 14: a colour that stands for transparent stays what it is", async () => {
  const p = pictures({ "a/1.png": picture("key-grey.png"), "b/1.png": picture("key-grey.png") });
  await log(p);
  expect((await train(p)).images.subarray(0, 45)).toEqual(decodePng(picture("grey.png"), "x").data);
});

it("science 16, 23: labels that do not divide among the classes, and one class alone, are refused", async () => {
  const ten = await arrays(
    [...Array(40).keys()].map(i => i % 10),
    { more: probe({ labels: 7 }) },
  );
  expect(await log(ten, 1)).toContain("labels: 7 cannot be the same number of each of 10 classes");
  for (const label of [0, 3]) {
    const one = await arrays([label, label, label], { more: probe() });
    expect(await log(one, 1)).toContain(`of one class, '${label}': there is nothing to tell apart`);
  }
});

it("science 15, 22: labels of whole numbers are taken; -1 is refused by the payload's name", async () => {
  await log(await arrays([0, 300, 7]));
  const p = await arrays([0, -1, 1]);
  const said = (await log(p, 1)).split("\n").find(line => line.includes("label -1")) ?? "";
  expect(said).toContain("y.npy: label -1 of image 1");
  expect(said).not.toContain(p.folder);
});

it("science 25: a log axis has no place for 0", async () => {
  const p = await arrays(
    [...Array(30).keys()].map(i => i % 3),
    {
      more: {
        probe: {
          uses: "evaluate-probe",
          inputs: { train: "real.train", test: "real.test" },
          matrix: { l2: [0, 0.001, 1] },
          with: { l2: "${{ matrix.l2 }}" },
        },
        fig: {
          uses: "plot",
          inputs: { curve: "probe" },
          over: ["l2"],
          with: { along: "l2", spacing: "log" },
        },
      },
    },
  );
  expect(await log(p, 1)).toContain("'l2' has 0, but a log axis takes numbers above 0");
});

it("science 27: test images that are in train are counted and told", async () => {
  const p = await arrays([0, 1, 2]);
  expect(await log(p)).toContain("3 of 3 test images are also in train");
  const shown = JSON.parse((await p.vistas(["show", "p.yaml", "real", "--json"])).stdout) as {
    metrics: unknown;
  };
  expect(shown.metrics).toMatchObject({ duplicates: 3 });
});

it("science 29: a holdout leaves a rare class its share", async () => {
  const labels = Array.from({ length: 205 }, (_, i) => (i < 100 ? 0 : i < 200 ? 1 : 2));
  const p = await arrays(labels, { options: { holdout: 15 } });
  await log(p);
  expect(count((await train(p)).labels)).toEqual({ 0: 93, 1: 93, 2: 4 });
});

it("science 30, 33: an encoder meets images of its own size and channels alone", async () => {
  const generator = await writeRandomGenerator();
  const p = await arrays([0, 1, 0, 1]);
  cpSync(generator, p.path("g"), { recursive: true });
  const sums = Object.fromEntries(
    readdirSync(generator).map(name => [name, sha256(readFileSync(join(generator, name)))]),
  );
  const spec = (JSON.parse(p.read("p.yaml")) as { steps: JsonObject }).steps;
  const conv = { kind: "conv", channels: [4], strides: [2], pool: "mean", width: 0 };
  steps(p, {
    ...spec,
    gen: { uses: "fetch-generator", with: { source: "./g", sha256: sums } },
    views: { uses: "sample-views", inputs: { generator: "gen" }, with: { anchors: 32 } },
    enc: {
      uses: "train-contrastive",
      inputs: { views: "views" },
      with: { encoder: conv, head: [8], updates: 2, batch: 16 },
    },
    knn: {
      uses: "evaluate-knn",
      inputs: { encoder: "enc", train: "real.train", test: "real.test" },
      with: { k: 1 },
    },
  });
  expect(await log(p, 1)).toMatch(/the encoder takes images of \[\d+, \d+, \d\], these are \[8, 8, 1\]/);
});

it("attack 14: a source does not leave the project", async () => {
  const p = new Project();
  mkdirSync(p.path("proj"));
  mkdirSync(p.path("outside"));
  writeFileSync(p.path("outside/i"), "x");
  const files = { train: { images: "i" }, test: { images: "i" } };
  for (const source of ["./../outside", "./x/../../outside"]) {
    const real = { uses: "fetch-dataset", with: { source, sha256: { i: sha256("x") }, files } };
    p.write("proj/p.yaml", JSON.stringify({ steps: { real } }));
    const { code, stderr } = await p.vistas(["run", "p.yaml"], { cwd: p.path("proj") });
    expect([code, stderr]).toEqual([1, expect.stringContaining("does not leave the project")]);
  }
});

it("attack 15: safetensors whose first byte is a pickle's are taken", async () => {
  const [p, generator] = [new Project(), await writeRandomGenerator()];
  mkdirSync(p.path("g"));
  const bytes = readFileSync(join(generator, "model.safetensors"));
  const length = Number(bytes.readBigUInt64LE());
  const header = Buffer.alloc(8 + 640, " ");
  header.writeBigUInt64LE(640n);
  header.set(bytes.subarray(8, 8 + length), 8);
  const changed = Buffer.concat([header, bytes.subarray(8 + length)]);
  const card = readFileSync(join(generator, "model.json"), "utf8").replace(sha256(bytes), sha256(changed));
  writeFileSync(p.path("g/model.safetensors"), changed);
  writeFileSync(p.path("g/model.json"), card);
  const sums = { "model.safetensors": sha256(changed), "model.json": sha256(card) };
  await log(steps(p, { g: { uses: "fetch-generator", with: { source: "./g", sha256: sums } } }));
});

it("attack 21: a server that drips is given up for the next source", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-length": 1e8 });
    const drip = setInterval(() => response.write("x"), 1000);
    response.on("close", () => clearInterval(drip));
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const p = await arrays([0, 1]);
  const drip = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  p.write("p.yaml", p.read("p.yaml").replace('"source":"./d"', `"source":["${drip}","./d"]`));
  expect(await log(p)).toMatch(/bytes came in 60 s; under 1024 bytes a second it is given up/);
  server.closeAllConnections();
  server.close();
}, 120_000);
