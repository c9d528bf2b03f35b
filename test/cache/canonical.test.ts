import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { canonicalJson } from "../../runner/cache/canonical.js";
import { frame } from "../../runner/cache/hash.js";
import type { Json } from "../../runner/core/json.js";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

describe("canonical JSON", () => {
  it("says the same value", () => {
    fc.assert(
      fc.property(json, value => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    ["a Date", new Date(0)],
    ["a Map", new Map([[1, 2]])],
    ["undefined", undefined],
    ["undefined in a list", [undefined]],
    ["undefined in an object", { a: undefined }],
    ["a function", () => 1],
    ["bytes", new Uint8Array(2)],
    ["infinity", Infinity],
  ])("refuses %s, which plain JavaScript may hand in", (_, value) => {
    expect(() => canonicalJson(value as unknown as Json)).toThrow(/no JSON form/);
  });

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), object => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
    );
  });

  it("sorts by code unit, where a locale would not", () => {
    expect(canonicalJson({ ä: 1, z: 2, Z: 3, a: 4 })).toBe('{"Z":3,"a":4,"z":2,"ä":1}');
  });

  it("refuses what JSON cannot say", () => {
    expect(() => canonicalJson([Number.NaN])).toThrow(RangeError);
    expect(() => canonicalJson(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });

  it("gives minus zero and zero one form", () => {
    expect(canonicalJson(-0)).toBe(canonicalJson(0));
  });
});

describe("framing", () => {
  it("is injective: no two lists of fields share a frame", () => {
    // A small alphabet that looks like the frame itself, so that accidents are likely.
    const field = fc.string({ unit: fc.constantFrom("1", ":", ";", "a", "0"), maxLength: 6 });
    const fields = fc.array(field, { maxLength: 5 });
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(frame("t", a) === frame("t", b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2000 },
    );
  });
});
