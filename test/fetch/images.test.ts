import { describe, expect, it } from "@jest/globals";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeDigests } from "../../runner/cache/code.js";
import type { JsonObject } from "../../runner/step-api.js";
import kind from "../../steps/kinds/fetch-dataset/index.js";
import { elementCount, type NdArray } from "../../steps/formats/arrays.js";
import { sha256 } from "../../steps/formats/digest.js";
import { type ImageSet, readImages } from "../../steps/artifacts/images.js";
import { writeNpy } from "../../steps/formats/npy.js";
import { encodePng } from "../../steps/formats/pictures/png.js";
import { payloadDigest } from "../../steps/sources/payloads.js";
import { runKind } from "../rig/context.js";
import { fixture } from "../rig/fixtures.js";
import { tempFolder } from "../rig/temp.js";

interface Fetched {
  readonly train: ImageSet;
  readonly test: ImageSet;
  readonly log: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
}

async function fetched(options: JsonObject): Promise<Fetched> {
  const { outputs, log, metrics } = await runKind(kind, { with: options });
  const [train, test] = [await readImages(outputs["train"] ?? ""), await readImages(outputs["test"] ?? "")];
  return { train, test, log: log.filter(line => !line.includes("sha256")), metrics };
}

/** A folder of files as the payload of both parts. */
async function folder(
  files: Readonly<Record<string, Uint8Array>>,
  options: JsonObject = {},
): Promise<Fetched> {
  const source = tempFolder();
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(source, "set", path)), { recursive: true });
    writeFileSync(join(source, "set", path), bytes);
  }
  const part = { images: "set" };
  const digest = payloadDigest(new Map(Object.entries(files)));
  return fetched({ source, sha256: { set: digest }, files: { train: part, test: part }, ...options });
}

/** Arrays as images, and labels, of both parts. */
async function arrays(images: NdArray, options: JsonObject = {}, labels?: NdArray): Promise<Fetched> {
  const source = tempFolder();
  await writeNpy(join(source, "x.npy"), images);
  if (labels !== undefined) await writeNpy(join(source, "y.npy"), labels);
  const names = labels === undefined ? ["x.npy"] : ["x.npy", "y.npy"];
  const sums = Object.fromEntries(names.map(name => [name, sha256(readFileSync(join(source, name)))]));
  const part = labels === undefined ? { images: "x.npy" } : { images: "x.npy", labels: "y.npy" };
  return fetched({ source, sha256: sums, files: { train: part, test: part }, ...options });
}

const picture = (name: string): Uint8Array => readFileSync(fixture(`pictures/${name}`));
const png = (height: number, width: number, value = 7): Uint8Array =>
  encodePng({ shape: [height, width, 1], data: new Uint8Array(height * width).fill(value) });
const text = Buffer.from("of 2019, by hand");

describe("folders of pictures", () => {
  it("hold PNG, JPEG, WebP and BMP side by side, told by their bytes", async () => {
    const { train } = await folder({
      "a/1.png": picture("colour.png"),
      "a/2.jpg": picture("colour.jpg"),
      "b/3.webp": picture("lossless.webp"),
      "b/4.jpeg": picture("colour.bmp"),
    });
    expect([train.count, train.shape, train.classes, [...(train.labels ?? [])]]).toEqual([
      4,
      [5, 9, 3],
      ["a", "b"],
      [0, 0, 1, 1],
    ]);
    const size = elementCount(train.shape);
    const [first, third, fourth] = [0, 2, 3].map(i => [...train.images.subarray(i * size, (i + 1) * size)]);
    expect(third).toEqual(first);
    expect(fourth).toEqual(first);
  });

  it("have a class for each first folder, at any depth; hidden files hold no data, others are named", async () => {
    const { train, log } = await folder({
      "dog/batch1/deep/1.png": png(2, 2, 1),
      "dog/batch2/2.png": png(2, 2, 2),
      "cat/3.png": png(2, 2, 3),
      "cat/.DS_Store": text,
      "cat/Thumbs.db": text,
      ".ipynb_checkpoints/3-checkpoint.png": png(2, 2),
      "cat/.cache/4.png": png(2, 2),
      "__MACOSX/cat/3.png": png(2, 2),
      "cat/notes.txt": text,
      LICENCE: text,
    });
    expect([train.classes, [...(train.labels ?? [])]]).toEqual([
      ["cat", "dog"],
      [0, 1, 1],
    ]);
    expect(log).toContain("set: files that are no pictures are left out: LICENCE, cat/notes.txt");
  });

  it("count what reading changes, in the log", async () => {
    const { log } = await folder(
      {
        "a/1.png": picture("alpha.png"),
        "a/2.jpg": picture("turned-3.jpg"),
        "b/3.png": picture("grey.png"),
        "b/4.webp": picture("turned.webp"),
      },
      { resize: 4 },
    );
    expect(log).toEqual(
      expect.arrayContaining([
        "set: the transparency of 1 pictures is dropped, their colours stay",
        "set: 2 pictures are turned upright, as their EXIF orientation says",
        "set: 1 grey pictures are written as colour, since others have colour",
      ]),
    );
  });

  it.each<[string, Readonly<Record<string, Uint8Array>>, JsonObject, string]>([
    [
      "other sizes",
      { "a/1.png": png(2, 3), "b/2.png": png(4, 5) },
      {},
      "set/b/2.png is 4 x 5 pixels, set/a/1.png 2 x 3: images of a set have one size. To make them alike: resize: 2",
    ],
    [
      "a format that is not read",
      { "a/1.gif": picture("colour.gif") },
      {},
      "set/a/1.gif is a GIF picture, which is not read",
    ],
    ["one under another name", { "a/1.png": picture("colour.tiff") }, {}, "set/a/1.png is a TIFF picture"],
    [
      "what is called a picture and is none",
      { "a/1.jpg": text },
      {},
      "set/a/1.jpg is no picture that can be read",
    ],
    [
      "a damaged one",
      { "a/1.jpg": picture("colour.jpg").subarray(0, 700) },
      {},
      "set/a/1.jpg: the JPEG is damaged: Premature end",
    ],
    [
      "pictures beside classes",
      { "a/1.png": png(2, 2), "2.png": png(2, 2) },
      {},
      "pictures lie both in class folders (a) and beside them (2.png)",
    ],
    [
      "a class without pictures",
      { "a/1.png": png(2, 2), "b/x.txt": text },
      {},
      "set/b: a class folder without pictures",
    ],
    ["no picture at all", { "a/x.txt": text }, {}, "set: holds no pictures"],
    [
      "labels beside",
      { "1.png": png(2, 2) },
      { files: { train: { images: "set", labels: "set" } }, holdout: 1 },
      "leave out `labels`",
    ],
    ["options of arrays", { "a/1.png": png(2, 2) }, { range: [0, 1] }, "`range` and `layout` are for arrays"],
  ])("refused by name: %s", async (_, files, options, message) => {
    await expect(folder(files, options)).rejects.toThrow(message);
  });

  it("are brought to one size and to grey", async () => {
    const files = { "a/1.png": png(2, 3), "b/2.png": picture("colour.png") };
    const { train } = await folder(files, { resize: [4, 6], channels: 1 });
    expect([train.shape, train.count]).toEqual([[4, 6, 1], 2]);
    expect(train.images.subarray(0, 24).every(value => value === 7)).toBe(true);
  });

  it("have the decoders' versions in the key", async () => {
    const module = fileURLToPath(new URL("../../steps/kinds/fetch-dataset/index.js", import.meta.url));
    const digests = await codeDigests(module, {
      fileDigest: path => Promise.resolve(sha256(readFileSync(path))),
      memo: { get: () => undefined, put: () => undefined },
    });
    expect(Object.keys(digests)).toEqual(
      expect.arrayContaining(["package @jsquash/jpeg", "package @jsquash/webp", "package pngjs"]),
    );
  });
});

describe("arrays of images", () => {
  const of = (data: NdArray["data"], dtype: NdArray["dtype"], shape: number[]): NdArray => ({
    dtype,
    shape,
    data,
  });

  it.each<[string, NdArray, JsonObject, number[]]>([
    ["bytes", of(Uint8Array.of(0, 9, 255, 3), "u1", [2, 1, 2]), {}, [0, 9, 255, 3]],
    ["whole numbers", of(BigInt64Array.of(0n, 9n, 255n, 3n), "i8", [2, 1, 2]), {}, [0, 9, 255, 3]],
    ["0 to 1", of(Float32Array.of(0, 0.5, 1, 0.1), "f4", [2, 1, 2]), { range: [0, 1] }, [0, 128, 255, 26]],
    ["-1 to 1", of(Float64Array.of(-1, 0, 1, -0.5), "f8", [2, 1, 2]), { range: [-1, 1] }, [0, 128, 255, 64]],
    ["0 to 16", of(Uint8Array.of(0, 8, 16, 4), "u1", [2, 1, 2]), { range: [0, 16] }, [0, 128, 255, 64]],
  ])("%s become pixels", async (_, images, options, pixels) => {
    expect([...(await arrays(images, options)).train.images]).toEqual(pixels);
  });

  it.each<[NdArray, JsonObject, string]>([
    [
      of(Float32Array.of(0, 1), "f4", [2, 1, 1]),
      {},
      "x.npy is float32 with values from 0 to 1: say which values are black and white, such as range: [0, 1]",
    ],
    [of(Float32Array.of(-0.5, 1), "f4", [2, 1, 1]), {}, "such as range: [-1, 1]"],
    [of(Float32Array.of(0, 200), "f4", [2, 1, 1]), {}, "such as range: [0, 255]"],
    [of(Float32Array.of(-2.5, 3), "f4", [2, 1, 1]), {}, "such as range: [-2.5, 3]"],
    [of(Int32Array.of(0, 65535), "i4", [2, 1, 1]), {}, "x.npy is int32 with values from 0 to 65535"],
    [of(Int8Array.of(-1, 3), "i1", [2, 1, 1]), {}, "x.npy is int8 with values from -1 to 3"],
    [of(Float32Array.of(0, 1.2), "f4", [2, 1, 1]), { range: [0, 1] }, "they lie outside of range: [0, 1]"],
    [
      of(Float32Array.of(0, NaN), "f4", [2, 1, 1]),
      { range: [0, 1] },
      "x.npy: image 1 has a pixel that is NaN",
    ],
    [
      of(Float32Array.of(0, Infinity), "f4", [2, 1, 1]),
      { range: [0, 1] },
      "image 1 has a pixel that is Infinity",
    ],
    [of(Float32Array.of(0, 1), "f4", [2, 1, 1]), { range: [1, 0] }, "must rise"],
    [of(new Uint8Array(8), "u1", [2, 4]), {}, "reshape rows of pixels"],
    [of(new Uint8Array(32), "u1", [2, 2, 2, 4]), {}, "it has 4 channels"],
    [of(new Uint8Array(30), "u1", [2, 1, 5, 3]), {}, "say layout: channels-first or channels-last"],
  ])("refused with the type, the values and the remedy %#", async (images, options, message) => {
    await expect(arrays(images, options)).rejects.toThrow(message);
  });

  it("have their channels last, or first where only those can be", async () => {
    const planes = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const last = [
      ...(await arrays(of(planes, "u1", [1, 3, 1, 2]), { layout: "channels-first" })).train.images,
    ];
    expect(last).toEqual([1, 3, 5, 2, 4, 6]);
    const { train } = await arrays(of(new Uint8Array(60), "u1", [1, 3, 4, 5]));
    expect(train.shape).toEqual([4, 5, 3]);
    expect((await arrays(of(new Uint8Array(60), "u1", [1, 4, 5, 3]))).train.shape).toEqual([4, 5, 3]);
  });

  it("tell how many of test are in train", async () => {
    const { metrics, log } = await arrays(of(Uint8Array.of(1, 2, 2), "u1", [3, 1, 1]));
    expect(metrics["duplicates"]).toBe(3);
    expect(log.join("\n")).toContain("3 of 3 test images are also in train");
    const apart = await arrays(of(Uint8Array.of(1, 2, 3), "u1", [3, 1, 1]), { holdout: 1 });
    expect(apart.metrics["duplicates"]).toBe(0);
  });
});

describe("labels", () => {
  const images: NdArray = { dtype: "u1", shape: [2, 1, 1], data: new Uint8Array(2) };
  const label = (data: NdArray["data"], dtype: NdArray["dtype"], shape = [2]): NdArray => ({
    dtype,
    shape,
    data,
  });

  it("are of any type that holds whole numbers", async () => {
    for (const given of [
      label(Int8Array.of(3, 7), "i1"),
      label(BigInt64Array.of(3n, 7n), "i8", [2, 1]),
      label(Float32Array.of(3, 7), "f4"),
      label(Float64Array.of(3, 7), "f8"),
    ]) {
      const { train } = await arrays(images, {}, given);
      expect([train.classes, [...(train.labels ?? [])]]).toEqual([
        ["3", "7"],
        [0, 1],
      ]);
    }
  });

  it.each<[NdArray, string]>([
    [label(Int8Array.of(0, -1), "i1"), "y.npy: label -1 of image 1 (int8) is no whole number from 0 on"],
    [label(Float32Array.of(0.5, 1), "f4"), "y.npy: label 0.5 of image 0 (float32)"],
    [label(Float64Array.of(0, NaN), "f8"), "y.npy: label NaN of image 1"],
    [label(Uint8Array.of(0, 1, 1), "u1", [3]), "y.npy has 3 labels (uint8 [3]), x.npy has 2 images"],
    [label(Uint8Array.of(0, 1, 1, 0), "u1", [2, 2]), "argmax of one-hot rows"],
  ])("refused with the payload and both counts %#", async (given, message) => {
    await expect(arrays(images, {}, given)).rejects.toThrow(message);
  });
});

it("train and test of unlike images are refused with both, and the remedy", async () => {
  const source = tempFolder();
  mkdirSync(join(source, "train/a"), { recursive: true });
  cpSync(join(source, "train"), join(source, "test"), { recursive: true });
  writeFileSync(join(source, "train/a/1.png"), png(5, 5));
  writeFileSync(join(source, "test/a/1.png"), picture("colour.png"));
  const files = { train: { images: "train" }, test: { images: "test" } };
  const sums = {
    train: payloadDigest(new Map([["a/1.png", png(5, 5)]])),
    test: payloadDigest(new Map([["a/1.png", picture("colour.png")]])),
  };
  await expect(fetched({ source, sha256: sums, files })).rejects.toThrow(
    "train images are [5, 5, 1], test images [5, 9, 3]. To make them alike: resize: 5, channels: 3 (or 1)",
  );
});
