import { afterEach, describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { JsonObject } from "../../runner/step-api.js";
import kind from "../../steps/kinds/fetch-dataset/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { encodeIdx } from "../../steps/formats/idx.js";
import { type ImageSet, readImages } from "../../steps/artifacts/images.js";
import { writeNpy } from "../../steps/formats/npy.js";
import { encodePng } from "../../steps/formats/pictures/png.js";
import { payloadDigest } from "../../steps/sources/payloads.js";
import { contextOf, type KindRun, resolveOptions, runKind } from "../rig/context.js";
import { fixture } from "../rig/fixtures.js";
import { fakePrograms } from "../rig/programs.js";
import { makeTar } from "../rig/tar.js";
import { tempFolder } from "../rig/temp.js";

/** 40 train and 20 test images of 2 x 3 pixels; every pixel of image i is i, its label i mod 4. */
const names = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];
const images = (n: number): Uint8Array => Uint8Array.from({ length: n * 6 }, (_, i) => Math.floor(i / 6));
const labels = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i % 4);
const contents = [
  encodeIdx(images(40), [40, 2, 3]),
  encodeIdx(labels(40), [40]),
  encodeIdx(images(20), [20, 2, 3]),
  encodeIdx(labels(20), [20]),
];
const digests = Object.fromEntries(names.map((name, i) => [name, sha256(contents[i] ?? "")]));

function idxFolder(gz = true): string {
  const folder = tempFolder();
  names.forEach((name, i) => {
    const bytes = contents[i] ?? new Uint8Array();
    writeFileSync(join(folder, gz ? `${name}.gz` : name), gz ? gzipSync(bytes) : bytes);
  });
  return folder;
}

async function fetchSets(
  options: JsonObject,
): Promise<{ train: ImageSet; test: ImageSet; run: KindRun<unknown> }> {
  const run = await runKind(kind, { with: options });
  const [train, test] = [
    await readImages(run.outputs["train"] ?? ""),
    await readImages(run.outputs["test"] ?? ""),
  ];
  return { train, test, run };
}

/** Which images a set holds: their number, which is the value of their pixels. */
const which = (set: ImageSet): number[] =>
  Array.from({ length: set.count }, (_, i) => set.images[i * 6] ?? -1);

afterEach(() => void Reflect.deleteProperty(process.env, "VISTAS_PROJECT"));

describe("fetch-dataset", () => {
  it("makes both parts of four IDX files, in the artifact's layout", async () => {
    const { train, test, run } = await fetchSets({
      dataset: "tiny",
      licence: "MIT",
      source: idxFolder(),
      sha256: digests,
    });
    expect([train.count, train.shape, test.count]).toEqual([40, [2, 3, 1], 20]);
    expect(which(train)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(train.labels).toEqual(Int32Array.from(labels(40)));
    expect(train.classes).toEqual(["0", "1", "2", "3"]);
    expect(train.facts).toMatchObject({
      dataset: "tiny",
      licence: "MIT",
      part: "train",
      payloads: { [names[0] ?? ""]: digests[names[0] ?? ""] },
      sha256: { "images.npy": sha256(readFileSync(join(run.outputs["train"] ?? "", "images.npy"))) },
    });
    expect(existsSync(join(run.outputs["test"] ?? "", "grid.png"))).toBe(true);
    expect(run.metrics).toEqual({ "train.images": 40, "test.images": 20, duplicates: 20 });
  });

  it("finds a relative source in the project, whatever folder the process is in", async () => {
    const folder = idxFolder(false);
    process.env["VISTAS_PROJECT"] = join(folder, "..");
    await expect(
      fetchSets({ source: `./${folder.split("/").at(-1) ?? ""}`, sha256: digests }),
    ).resolves.toBeDefined();
  });

  it("writes the same bytes whichever source served them", async () => {
    const tar = join(tempFolder(), "x.deb");
    writeFileSync(
      tar,
      makeTar(names.map((name, i) => ({ name: `./data/${name}`, data: contents[i] ?? new Uint8Array() }))),
    );
    fakePrograms({ "apt-get": `cp ${tar} .`, "dpkg-deb": `cat "$2"` });
    const runs = [
      await runKind(kind, { with: { source: idxFolder(), sha256: digests } }),
      await runKind(kind, { with: { source: ["./nowhere", "apt:tiny-data/data"], sha256: digests } }),
    ];
    for (const part of ["train", "test"])
      for (const file of ["images.npy", "labels.npy", "data.json", "grid.png"]) {
        const [a, b] = runs.map(run => readFileSync(join(run.outputs[part] ?? "", file)));
        expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
      }
  });

  it("writes nothing when a checksum is wrong", async () => {
    const wrong = { ...digests, [names[3] ?? ""]: sha256("other") };
    const { ctx, outputs } = contextOf(kind, { with: { source: idxFolder(), sha256: wrong } });
    await expect(kind.run(ctx)).rejects.toThrow(`t10k-labels-idx1-ubyte has sha256`);
    expect(Object.values(outputs).some(path => existsSync(path))).toBe(false);
  });
});

describe("choosing", () => {
  it("holds images out of train by seed, the same number of each class, and leaves the test set alone", async () => {
    const folder = tempFolder();
    for (const i of [0, 1]) writeFileSync(join(folder, names[i] ?? ""), contents[i] ?? "");
    const options = { source: folder, sha256: digests, holdout: 12 };
    const { train, test } = await fetchSets(options);
    expect([train.count, test.count]).toEqual([28, 12]);
    expect([...which(train), ...which(test)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
    for (const label of [0, 1, 2, 3]) expect(test.labels?.filter(l => l === label).length).toBe(3);
    expect(which((await fetchSets(options)).test)).toEqual(which(test));
    expect(which((await fetchSets({ ...options, seed: 1 })).test)).not.toEqual(which(test));
  });

  it("keeps as many as the counts say, by chance or from the start", async () => {
    const options = { source: idxFolder(), sha256: digests, trainCount: 8, testCount: 6 };
    const drawn = await fetchSets(options);
    expect([drawn.train.count, drawn.test.count]).toEqual([8, 6]);
    expect(which(drawn.train)).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const first = await fetchSets({ ...options, choose: "first", balanced: false });
    expect(which(first.train)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await expect(fetchSets({ ...options, testCount: 21 })).rejects.toThrow(
      "test: 21 images are wanted, but there are 20",
    );
  });

  it("needs a test part, or a hold-out", async () => {
    const files = { train: { images: names[0] ?? "" } };
    await expect(fetchSets({ source: idxFolder(), sha256: digests, files })).rejects.toThrow(
      "there is no test part",
    );
    const { train } = await fetchSets({ source: idxFolder(), sha256: digests, files, holdout: 5 });
    expect([train.count, train.labels, train.classes]).toEqual([35, undefined, []]);
  });
});

describe("other formats", () => {
  it("npy", async () => {
    const folder = tempFolder();
    await writeNpy(join(folder, "x.npy"), { dtype: "u1", shape: [4, 2, 1, 3], data: images(4) });
    await writeNpy(join(folder, "y.npy"), {
      dtype: "i8",
      shape: [4, 1],
      data: BigInt64Array.of(0n, 1n, 1n, 0n),
    });
    const files = { train: { images: "x.npy", labels: "y.npy" }, test: { images: "x.npy", labels: "y.npy" } };
    const sums = Object.fromEntries(
      ["x.npy", "y.npy"].map(name => [name, sha256(readFileSync(join(folder, name)))]),
    );
    const { train } = await fetchSets({ source: folder, sha256: sums, files, classes: ["cat", "dog"] });
    expect([train.shape, [...(train.labels ?? [])], train.classes]).toEqual([
      [2, 1, 3],
      [0, 1, 1, 0],
      ["cat", "dog"],
    ]);
  });

  it("npz, by the array's name", async () => {
    const bytes = readFileSync(fixture("formats/deflated.npz"));
    const folder = tempFolder();
    writeFileSync(join(folder, "set.npz"), bytes);
    const options = { source: folder, sha256: { "set.npz": sha256(bytes) }, holdout: 1 };
    const { train } = await fetchSets({ ...options, files: { train: { images: "set.npz#x" } } });
    expect([train.count, train.shape]).toEqual([2, [4, 5, 1]]);
    await expect(fetchSets({ ...options, files: { train: { images: "set.npz" } } })).rejects.toThrow(
      "set.npz#NAME",
    );
    await expect(fetchSets({ ...options, files: { train: { images: "set.npz#z" } } })).rejects.toThrow(
      "it holds: x, y",
    );
  });

  it("PNG folders, a subfolder a class", async () => {
    const folder = tempFolder();
    const files = new Map<string, Uint8Array>();
    for (const [path, value, channels] of [
      ["dog/1.png", 7, 1],
      ["cat/2.png", 8, 3],
      ["cat/1.png", 9, 1],
    ] as const) {
      const png = encodePng({ shape: [2, 3, channels], data: new Uint8Array(6 * channels).fill(value) });
      mkdirSync(join(folder, "train", path, ".."), { recursive: true });
      writeFileSync(join(folder, "train", path), png);
      files.set(path, png);
    }
    const part = { images: "train" };
    const options = {
      source: folder,
      sha256: { train: payloadDigest(files) },
      files: { train: part, test: part },
    };
    const { train } = await fetchSets(options);
    expect([train.count, train.shape, train.classes]).toEqual([3, [2, 3, 3], ["cat", "dog"]]);
    expect([...(train.labels ?? [])]).toEqual([0, 0, 1]);
    expect([0, 18, 36].map(i => train.images[i])).toEqual([9, 8, 7]);
  });
});

describe("data that is not what it should be", () => {
  async function refused(
    change: Readonly<Record<string, Uint8Array>>,
    message: string | RegExp,
  ): Promise<void> {
    const folder = idxFolder(false);
    for (const [name, bytes] of Object.entries(change)) writeFileSync(join(folder, name), bytes);
    const sums = {
      ...digests,
      ...Object.fromEntries(Object.entries(change).map(([n, b]) => [n, sha256(b)])),
    };
    await expect(fetchSets({ source: folder, sha256: sums })).rejects.toThrow(message);
  }

  it("is refused by name", async () => {
    const [trainImages = "", trainLabels = ""] = names;
    await refused(
      { [trainImages]: Buffer.from("<!DOCTYPE html>") },
      "neither IDX, npy nor npz (it begins with 3c21444f",
    );
    await refused(
      { [trainImages]: encodeIdx(images(40), [240]) },
      "train-images-idx3-ubyte is uint8 [240]: images are [N, H, W] or [N, H, W, C]",
    );
    await refused(
      { [trainImages]: encodeIdx(images(40), [40, 3, 1, 2]) },
      "2 channels; 1 (grey) or 3 (RGB) must come last, or first with layout: channels-first. Drop the transparency",
    );
    await refused(
      { [trainLabels]: encodeIdx(labels(39), [39]) },
      "train-labels-idx1-ubyte has 39 labels (uint8 [39]), train-images-idx3-ubyte has 40 images",
    );
    await refused(
      {
        [trainImages]: encodeIdx(new Uint8Array(), [0, 2, 3]),
        [trainLabels]: encodeIdx(new Uint8Array(), [0]),
      },
      "no images",
    );
  });

  it("labels beyond the named classes are refused", async () => {
    const options = { source: idxFolder(), sha256: digests, classes: ["a", "b", "c"] };
    await expect(fetchSets(options)).rejects.toThrow(
      "train-labels-idx1-ubyte: label 3 of image 3 is none of the 3 classes that are named, 0 to 2",
    );
  });

  it("options that mean nothing are refused", () => {
    const good = { source: "./x", sha256: digests };
    for (const change of [
      { source: [] },
      { sha256: {} },
      { sha256: { a: "md5" } },
      { holdout: -1 },
      { choose: "best" },
      { files: {} },
      { colour: true },
    ])
      expect(() => resolveOptions(kind, { ...good, ...change })).toThrow("with");
    expect(() => resolveOptions(kind, { source: "./x" })).toThrow("sha256");
  });
});
