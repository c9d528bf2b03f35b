import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DType, fromBytes, itemSize, type NdArray } from "../../steps/formats/arrays.js";
import { createNpy, openNpy, parseNpy, readNpy, writeNpy } from "../../steps/formats/npy.js";
import { npzNames, readNpz } from "../../steps/formats/npz.js";
import { fixture, fixtureJson } from "../rig/fixtures.js";
import { tempFolder } from "../rig/temp.js";

const expected = fixtureJson("formats/expected.json") as Record<
  string,
  { shape: number[]; values: (number | string)[] }
>;
const names = ["u1", "i1", "i4", "i8", "f4", "f8", "scalar", "empty"];

function plain(array: NdArray): unknown {
  return {
    shape: [...array.shape],
    values: Array.from<number | bigint>(array.data).map(v => (typeof v === "bigint" ? String(v) : v)),
  };
}

describe("npy files of NumPy", () => {
  it.each(names)("reads %s as NumPy wrote it", async name => {
    expect(plain(await readNpy(fixture(`formats/${name}.npy`)))).toEqual(expected[name]);
  });

  it.each(names)("writes %s byte for byte as NumPy does", async name => {
    const path = join(tempFolder(), "out.npy");
    await writeNpy(path, await readNpy(fixture(`formats/${name}.npy`)));
    expect(readFileSync(path).equals(readFileSync(fixture(`formats/${name}.npy`)))).toBe(true);
  });

  it("reads version 2.0 headers", async () => {
    expect(plain(await readNpy(fixture("formats/version2.npy")))).toEqual(expected["f4"]);
  });

  it("reads big-endian numbers", async () => {
    expect(plain(await readNpy(fixture("formats/big-endian.npy")))).toEqual(expected["i4"]);
  });

  it.each<[string, number, number[]]>([
    ["b1", 1, [0, 1]],
    ["i2", 2, [-32768, -1, 0, 32767]],
    ["u2", 2, [0, 1, 65535]],
    ["u4", 4, [0, 1, 2 ** 32 - 1]],
    ["u8", 8, [0, 1, 2 ** 40]],
    ["f2", 2, [0, 1, -1, 0.5, 65504, 2 ** -24]],
  ])("reads %s in either order of bytes, without loss", (type, size, values) => {
    for (const order of ["<", ">"]) {
      const bytes = Buffer.concat(
        values.map(value => {
          const raw = Buffer.alloc(8);
          const half = { 0: 0, 1: 0x3c00, [-1]: 0xbc00, 0.5: 0x3800, 65504: 0x7bff, [2 ** -24]: 1 }[value];
          raw.writeBigInt64LE(BigInt(type === "f2" ? (half ?? 0) : value));
          const own = raw.subarray(0, size);
          return order === "<" ? own : own.reverse();
        }),
      );
      const { data } = parseNpy(npyOf(`${order}${type}`, values.length, bytes), "x");
      expect(Array.from<number | bigint, number>(data, Number)).toEqual(values);
    }
  });

  it("refuses what it cannot hold, by value or by type", () => {
    const most = Buffer.alloc(8, 255);
    expect(() => parseNpy(npyOf("<u8", 1, most), "x")).toThrow("18446744073709551615 (element 0) is beyond");
    expect(() => parseNpy(npyOf("<U3", 1, Buffer.alloc(12)), "x")).toThrow(
      "x: dtype '<U3' is not supported (known: uint8, int8, bool, int16",
    );
  });

  it.each([
    ["fortran", /Fortran order; save numpy\.ascontiguousarray/],
    ["structured", /structured/],
  ])("refuses %s arrays and says why", async (name, message) => {
    await expect(readNpy(fixture(`formats/${name}.npy`))).rejects.toThrow(message);
  });

  it.each(["stored", "deflated"])("reads %s npz archives", async kind => {
    const bytes = readFileSync(fixture(`formats/${kind}.npz`));
    expect(npzNames(bytes, kind)).toEqual(["x", "y"]);
    expect(plain(await readNpz(bytes, "x", kind, 1e6))).toEqual(expected["u1"]);
    expect(plain(await readNpz(bytes, "y.npy", kind, 1e6))).toEqual(expected["i8"]);
    await expect(readNpz(bytes, "z", kind, 1e6)).rejects.toThrow("holds no array 'z' (it holds: x, y)");
    await expect(readNpz(bytes, "x", kind, 10)).rejects.toThrow("more than the limit of 10 bytes");
    await expect(readNpz(bytes.subarray(0, 100), "x", kind, 1e6)).rejects.toThrow("end of the archive");
  });
});

function npyOf(descr: string, count: number, data: Uint8Array): Uint8Array {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${count},), }`.padEnd(117);
  const header = Buffer.from(`\x93NUMPY\x01\0\0\0${dict}\n`, "latin1");
  header.writeUInt16LE(118, 8);
  return Buffer.concat([header, data]);
}

describe("npy round trips", () => {
  const dtype = fc.constantFrom<DType>("u1", "i1", "i4", "i8", "f4", "f8");
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

  it("keep every byte, through whole files and through rows", async () => {
    const path = join(tempFolder(), "a.npy");
    const property = fc.asyncProperty(
      dtype,
      shape,
      fc.infiniteStream(fc.nat(255)),
      async (type, dims, stream) => {
        const count = dims.reduce((a, b) => a * b, 1);
        const bytes = Uint8Array.from(stream.take(count * itemSize(type)));
        await writeNpy(path, { dtype: type, shape: dims, data: fromBytes(type, bytes) });
        const whole = await readNpy(path);
        expect([whole.dtype, [...whole.shape]]).toEqual([type, dims]);
        expect(
          Buffer.from(whole.data.buffer, whole.data.byteOffset, whole.data.byteLength).equals(bytes),
        ).toBe(true);
        const rows = dims[0];
        if (rows === undefined) return;
        const file = await openNpy(path);
        const parts = [await file.rows(0, rows >> 1), await file.rows(rows >> 1, rows)];
        await file.close();
        expect(
          Buffer.concat(parts.map(p => Buffer.from(p.buffer, p.byteOffset, p.byteLength))).equals(bytes),
        ).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("never misread damaged bytes: they throw an Error or give an array of the announced size", () => {
    const good = readFileSync(fixture("formats/u1.npy"));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        try {
          const { shape, data } = parseNpy(bytes, "x");
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(String(error)).toMatch(/^(Error|RangeError): /);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a writer", () => {
  it("tells of too many, too few and other elements than announced", async () => {
    const path = join(tempFolder(), "a.npy");
    const writer = await createNpy(path, "f4", [2, 2]);
    await expect(writer.write(new Uint8Array(1))).rejects.toThrow("holds f4, not u1");
    await writer.write(new Float32Array(3));
    await expect(writer.write(new Float32Array(2))).rejects.toThrow("more elements than [2, 2] holds");
    await writer.close();
    const short = await createNpy(path, "f4", [2, 2]);
    await short.write(new Float32Array(3));
    await expect(short.close()).rejects.toThrow("3 elements written, [2, 2] holds 4");
    await expect(readNpy(path)).rejects.toThrow("cut short");
  });
});

describe("a reader", () => {
  it("says what is wrong with a file that is no npy, or cut short, or too long", async () => {
    const path = join(tempFolder(), "a.npy");
    const good = readFileSync(fixture("formats/f4.npy"));
    const cases: [Uint8Array, string][] = [
      [Buffer.from("PK"), "no .npy file"],
      [good.subarray(0, 40), "cut short"],
      [good.subarray(0, good.length - 1), "but float32 [2, 2, 3] makes 176"],
      [Buffer.concat([good, Buffer.from("x")]), "too long: 177 bytes"],
    ];
    for (const [bytes, message] of cases) {
      writeFileSync(path, bytes);
      await expect(readNpy(path)).rejects.toThrow(message);
    }
    writeFileSync(path, good);
    const file = await openNpy(path);
    expect(() => file.rows(1, 3)).toThrow("rows 1 to 3 are not within 0 to 2");
    await file.close();
  });

  it("refuses a shape whose size no number holds", () => {
    const good = readFileSync(fixture("formats/u1.npy")).toString("latin1");
    const hostile = good
      .replace("(3, 4, 5), }         ", "(3000000000, 4000000000), }")
      .slice(0, good.length);
    expect(() => parseNpy(Buffer.from(hostile, "latin1"), "x")).toThrow(/impossible shape|cannot be read/);
  });
});
