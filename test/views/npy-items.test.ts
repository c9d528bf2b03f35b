import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { npyItems } from "../../steps/formats/npy-items.js";
import { writeNpy } from "../../steps/formats/npy.js";
import { tempFolder } from "../rig/temp.js";

describe("items of an .npy file", () => {
  const path = join(tempFolder(), "a.npy");

  it("come in the order asked for, singly, side by side and more than once", async () => {
    const data = Float32Array.from({ length: 60 }, (_, i) => i * i);
    await writeNpy(path, { dtype: "f4", shape: [10, 2, 3], data });
    const file = npyItems(path);
    expect([file.dtype, file.shape]).toEqual(["f4", [10, 2, 3]]);
    fc.assert(
      fc.property(fc.constantFrom(3, 6), fc.array(fc.nat(9), { maxLength: 30 }), (size, indices) => {
        const expected = indices.flatMap(i => [...data.subarray(i * size, (i + 1) * size)]);
        expect([...file.pick(indices, size)]).toEqual(expected);
      }),
    );
    expect([...file.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 6)]).toEqual([...data]);
  });

  it("are refused beyond the array, and where the file is cut short meanwhile", async () => {
    await writeNpy(path, { dtype: "u1", shape: [4, 5], data: new Uint8Array(20) });
    const file = npyItems(path);
    expect(() => file.pick([3, 4], 5)).toThrow("items 3 to 5 are not within 0 to 4");
    expect(() => file.pick([-1], 5)).toThrow(RangeError);
    expect(() => file.pick([0.5], 5)).toThrow(RangeError);
    truncateSync(path, 140);
    expect(() => file.pick([3], 5)).toThrow("cut short");
    expect(() => npyItems(path)).toThrow("cut short");
  });
});
