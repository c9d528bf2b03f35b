import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compress, decompress, isGzip } from "../../steps/formats/gzip.js";
import { encodeIdx, parseIdx } from "../../steps/formats/idx.js";
import { canonicalJson, parseJson } from "../../steps/formats/json.js";
import { decodePng, encodePng, grid, writeGrid } from "../../steps/formats/pictures/png.js";
import { tempFolder } from "../rig/temp.js";

describe("IDX", () => {
  it("reads bytes, and big-endian numbers", () => {
    const images = encodeIdx(Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3]);
    expect(Buffer.from(images).toString("hex")).toBe("00000803000000010000000200000003010203040506");
    expect(parseIdx(images, "x")).toEqual({
      dtype: "u1",
      stored: "uint8",
      shape: [1, 2, 3],
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    });
    const ints = Buffer.from("00000c0100000002fffffffe00000100", "hex");
    expect(parseIdx(ints, "x")).toEqual({
      dtype: "i4",
      stored: "int32",
      shape: [2],
      data: Int32Array.of(-2, 256),
    });
    expect(parseIdx(Buffer.from("00000b0100000002fffe0100", "hex"), "x").data).toEqual(
      Int32Array.of(-2, 256),
    );
    const floats = Buffer.from("00000d01000000013fc00000", "hex");
    expect(parseIdx(floats, "x").data).toEqual(Float32Array.of(1.5));
  });

  it.each([
    ["1f8b0800", "no IDX file"],
    ["00000a0100000000", "IDX type 0xa is not supported"],
    ["0000080300000001", "the IDX header is cut short"],
    ["00000801000000020a", "cut short: 9 bytes, but u1 [2] makes 10"],
    ["00000801000000010a0a", "too long: 10 bytes"],
    ["00000808ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "impossible shape"],
  ])("refuses %s", (hex, message) => {
    expect(() => parseIdx(Buffer.from(hex, "hex"), "x")).toThrow(message);
  });
});

describe("gzip", () => {
  it("undoes itself and leaves other bytes alone", async () => {
    const bytes = Buffer.from("real images ".repeat(100));
    const packed = await compress(bytes);
    expect(isGzip(packed)).toBe(true);
    expect(Buffer.from(await decompress(packed, "x", 1e6)).equals(bytes)).toBe(true);
    expect(await decompress(bytes, "x", 10)).toBe(bytes);
    expect(Buffer.from(await compress(bytes)).equals(packed)).toBe(true);
  });

  it("says whether a stream is cut short, damaged or too large", async () => {
    const packed = Buffer.from(await compress(Buffer.alloc(1000, "a")));
    await expect(decompress(packed.subarray(0, packed.length - 6), "x", 1e6)).rejects.toThrow(
      "x: the gzip stream is cut short",
    );
    const damaged = Buffer.from(packed);
    damaged.writeUInt32LE(7, damaged.length - 8);
    await expect(decompress(damaged, "x", 1e6)).rejects.toThrow("x: the gzip stream is damaged");
    await expect(decompress(packed, "x", 999)).rejects.toThrow("more than the limit of 999 bytes");
  });
});

describe("PNG", () => {
  it("keeps every pixel, grey or colour", () => {
    const image = fc.record({
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      c: fc.constantFrom(1, 3),
    });
    fc.assert(
      fc.property(image, fc.infiniteStream(fc.nat(255)), ({ height, width, c }, stream) => {
        const data = Uint8Array.from(stream.take(height * width * c));
        const shape = [height, width, c] as const;
        const back = decodePng(encodePng({ shape, data }), "x");
        expect([...back.shape]).toEqual([...shape]);
        expect(Buffer.from(back.data).equals(data)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("lays images out row by row, with gaps and zoom", () => {
    const images = Uint8Array.of(10, 20, 30);
    expect(grid(images, [1, 1, 1], { columns: 2, gap: 1, zoom: 1 })).toEqual({
      shape: [5, 5, 1],
      data: Uint8Array.from([
        ...[255, 255, 255, 255, 255],
        ...[255, 10, 255, 20, 255],
        ...[255, 255, 255, 255, 255],
        ...[255, 30, 255, 255, 255],
        ...[255, 255, 255, 255, 255],
      ]),
    });
    expect(grid(images, [1, 1, 1], { columns: 3, gap: 0, zoom: 2 }).data).toEqual(
      Uint8Array.of(10, 10, 20, 20, 30, 30, 10, 10, 20, 20, 30, 30),
    );
  });

  it("writes the same bytes each time", async () => {
    const [a, b] = [join(tempFolder(), "a.png"), join(tempFolder(), "b.png")];
    const images = Uint8Array.from({ length: 4 * 12 }, (_, i) => (i * 37) % 256);
    for (const path of [a, b]) await writeGrid(path, images, [2, 2, 3], { columns: 2 });
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });

  it("refuses what is no PNG, is damaged, or claims gigapixels", () => {
    const good = Buffer.from(encodePng({ shape: [2, 2, 1], data: Uint8Array.of(1, 2, 3, 4) }));
    expect(() => decodePng(Buffer.from("GIF89a"), "x")).toThrow("x: no PNG file");
    expect(() => decodePng(good.subarray(0, good.length - 20), "x")).toThrow("x: the PNG is damaged");
    const huge = Buffer.from(good);
    huge.writeUInt32BE(100_000, 16);
    huge.writeUInt32BE(100_000, 20);
    expect(() => decodePng(huge, "x")).toThrow("100000 x 100000 pixels are more than");
  });
});

describe("JSON", () => {
  it("is canonical: equal values make equal bytes", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: -0.5 })).toBe(
      '{\n  "a": -0.5,\n  "b": [\n    1,\n    {\n      "c": "é",\n      "d": null\n    }\n  ]\n}\n',
    );
  });

  it("refuses numbers that JSON would turn into null, and says where", () => {
    expect(() => canonicalJson({ a: [{ loss: Number.NaN }] })).toThrow(
      "JSON cannot hold NaN (at .a[0].loss)",
    );
  });

  it("names the file whose text is no JSON object", () => {
    expect(() => parseJson("{", "model.json")).toThrow("model.json: no JSON");
    expect(() => parseJson("[]", "model.json")).toThrow("model.json: must hold a JSON object");
  });
});
