import { describe, expect, it } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NdArray } from "../../steps/formats/arrays.js";
import {
  encodeSafetensors,
  isSafetensors,
  parseSafetensors,
  readSafetensors,
} from "../../steps/formats/safetensors.js";
import { fixture, fixtureJson } from "../rig/fixtures.js";
import { tempFolder } from "../rig/temp.js";

const expected = fixtureJson("formats/expected.json") as Record<
  string,
  { shape: number[]; values: (number | string)[] }
>;

/** A file with this header and so many zero bytes of data. */
function file(header: unknown, data = 0): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const out = Buffer.alloc(8 + json.length + data);
  out.writeBigUInt64LE(BigInt(json.length));
  out.set(json, 8);
  return out;
}

const f4 = (shape: number[], begin: number, end: number): unknown => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("safetensors", () => {
  it("reads a file of the reference library", async () => {
    const { tensors, metadata } = await readSafetensors(fixture("formats/all.safetensors"));
    expect(metadata).toEqual({ "made-by": "safetensors", a: "b" });
    expect([...tensors.keys()].sort()).toEqual(["empty", "f4", "f8", "i1", "i4", "i8", "u1"]);
    for (const [name, { shape, data }] of tensors) {
      const values = Array.from<number | bigint>(data).map(v => (typeof v === "bigint" ? String(v) : v));
      expect({ shape: [...shape], values }).toEqual(expected[name]);
    }
  });

  it("is told by its structure, whatever byte the header's length begins with", () => {
    for (const length of [16, 123, 640, 896, 65_536])
      expect(isSafetensors(file(`{"a":{}${" ".repeat(length - 8)}}`))).toBe(true);
    for (const other of ["", "{}", '{"a":1}{"b":2}', "\x80\x02}q\x00.", `${"\0".repeat(8)}{}`])
      expect(isSafetensors(Buffer.from(other, "latin1"))).toBe(false);
  });

  it("writes equal bytes for equal content, whatever the order it is given in, and aligned data", () => {
    const one: NdArray = { dtype: "u1", shape: [3], data: Uint8Array.of(1, 2, 3) };
    const two: NdArray = { dtype: "f8", shape: [1, 2], data: Float64Array.of(0.5, -0) };
    const a = encodeSafetensors({
      tensors: new Map([
        ["one", one],
        ["two", two],
      ]),
      metadata: { x: "1", a: "2" },
    });
    const b = encodeSafetensors({
      tensors: new Map([
        ["two", two],
        ["one", one],
      ]),
      metadata: { a: "2", x: "1" },
    });
    expect(Buffer.from(a).equals(b)).toBe(true);
    expect((8 + Number(Buffer.from(a).readBigUInt64LE())) % 8).toBe(0);
    const back = parseSafetensors(a, "a");
    expect(back.metadata).toEqual({ a: "2", x: "1" });
    expect(back.tensors.get("one")).toEqual(one);
    expect(back.tensors.get("two")).toEqual(two);
  });

  it("reads what the reference library wrote and writes it back to the same tensors", () => {
    const first = parseSafetensors(readFileSync(fixture("formats/all.safetensors")), "x");
    expect(parseSafetensors(encodeSafetensors(first), "y")).toEqual(first);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["too few bytes", new Uint8Array(5), /no safetensors file: 5 bytes/],
    [
      "a header that is cut short",
      file({ a: f4([1], 0, 4) }).subarray(0, 20),
      /cut short: the safetensors header/,
    ],
    [
      "data that is cut short",
      file({ a: f4([2], 0, 8) }, 7),
      /'a': its data ends at byte 8, the file's data at 7/,
    ],
    ["no JSON", file("{nope}"), /header\): no JSON/],
    ["a list", file("[1]"), /must begin with \{/],
    ["an entry that is no object", file({ a: 1 }), /'a': its entry is no object/],
    [
      "an unknown dtype",
      file({ a: { dtype: "BF16", shape: [1], data_offsets: [0, 2] } }, 2),
      /dtype "BF16" is not/,
    ],
    ["a negative size", file({ a: f4([-1], 0, 4) }, 4), /'a': its shape is \[-1\]/],
    ["a fractional size", file({ a: f4([0.5], 0, 2) }, 2), /its shape is \[0.5\]/],
    ["a shape beyond numbers", file({ a: f4([2 ** 52, 2 ** 52], 0, 4) }, 4), /impossible shape/],
    ["offsets upside down", file({ a: f4([1], 4, 0) }, 4), /data_offsets are \[4,0\]/],
    [
      "three offsets",
      file({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 8),
      /data_offsets are/,
    ],
    ["shape and size that differ", file({ a: f4([3], 0, 8) }, 8), /'a': F32 \[3\] needs 12 bytes/],
    ["overlap", file({ a: f4([2], 0, 8), b: f4([1], 4, 8) }, 8), /'b' overlaps the one before it/],
    ["a hole", file({ a: f4([1], 0, 4), b: f4([1], 8, 12) }, 12), /bytes 4 to 8, before tensor 'b'/],
    ["bytes left over", file({ a: f4([1], 0, 4) }, 6), /2 bytes after the last tensor/],
    ["metadata that is no text", file({ __metadata__: { a: 1 } }), /__metadata__ must be an object of texts/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, "weights")).toThrow(message);
  });

  it("refuses a header that claims 10 GB, without reserving memory for it", async () => {
    const bytes = Buffer.alloc(64);
    bytes.writeBigUInt64LE(10_000_000_000n);
    const path = join(tempFolder(), "big.safetensors");
    writeFileSync(path, bytes);
    const before = process.memoryUsage().rss;
    await expect(readSafetensors(path)).rejects.toThrow(
      "header claims 10000000000 bytes; 100000000 is the most",
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it("refuses to write a tensor whose shape its data does not fill", () => {
    const wrong: NdArray = { dtype: "f4", shape: [3], data: new Float32Array(2) };
    expect(() => encodeSafetensors({ tensors: new Map([["a", wrong]]), metadata: {} })).toThrow(
      /a: 2 elements of f4/,
    );
  });
});
