import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { randomStream } from "../../runner/step-api.js";
import { complement, holdOut, selectImages } from "../../steps/kinds/fetch-dataset/select.js";

const labels = fc.array(fc.nat(4), { minLength: 1, maxLength: 60 }).map(list => Int32Array.from(list));

describe("choosing images", () => {
  it("gives as many as asked, once each, in rising order, balanced as far as the classes go", () => {
    const property = fc.property(
      labels,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (given, share, chance) => {
        const count = Math.floor(share * given.length);
        const rows = selectImages(given.length, count, given, chance ? randomStream(1, "x") : undefined);
        expect(rows.length).toBe(count);
        expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b));
        const sizes = [0, 1, 2, 3, 4].map(c => given.filter(label => label === c).length);
        const chosen = [0, 1, 2, 3, 4].map(c => rows.filter(row => given[row] === c).length);
        const most = Math.max(...chosen);
        chosen.forEach((n, c) => expect(n >= most - 1 || n === sizes[c]).toBe(true));
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("takes the first of each class in file order, when it is not left to chance", () => {
    const given = Int32Array.of(0, 0, 0, 1, 1, 2);
    expect([...selectImages(6, 4, given, undefined)]).toEqual([0, 1, 3, 5]);
    expect([...selectImages(6, 4, undefined, undefined)]).toEqual([0, 1, 2, 3]);
  });

  it("draws by seed: the same again, others with another seed, more include fewer", () => {
    const draw = (count: number, seed: number): number[] => [
      ...selectImages(100, count, undefined, randomStream(seed, "x")),
    ];
    expect(draw(30, 0)).toEqual(draw(30, 0));
    expect(draw(30, 0)).not.toEqual(draw(30, 1));
    expect(draw(60, 0)).toEqual(expect.arrayContaining(draw(30, 0)));
  });

  it("cannot give more than there are; the rest is what was not chosen", () => {
    expect(() => selectImages(3, 4, undefined, undefined)).toThrow("4 images are wanted, but there are 3");
    expect([...complement(5, Int32Array.of(1, 3))]).toEqual([0, 2, 4]);
  });
});

describe("holding out", () => {
  it("gives as many as asked; each class gives its share, and keeps an image", () => {
    const property = fc.property(labels, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const sizes = [0, 1, 2, 3, 4].map(c => given.filter(label => label === c).length);
      const present = sizes.filter(size => size > 0);
      const count = Math.floor(share * (given.length - present.length));
      const rows = holdOut(given.length, count, given, randomStream(1, "x"));
      expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b));
      expect(rows.length).toBe(count);
      const able = present.filter(size => size > 1).length;
      for (const [c, size] of sizes.entries()) {
        if (size === 0) continue;
        const held = rows.filter(row => given[row] === c).length;
        expect(held).toBeLessThan(size);
        if (count >= able && size > 1) expect(held).toBeGreaterThan(0);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("is in proportion where the classes are large", () => {
    const given = Int32Array.from({ length: 1000 }, (_, i) => (i < 700 ? 0 : i < 950 ? 1 : 2));
    const rows = holdOut(1000, 100, given, randomStream(0, "x"));
    expect([0, 1, 2].map(c => rows.filter(row => given[row] === c).length)).toEqual([70, 25, 5]);
  });

  it("of classes of one size is what a balanced draw gives", () => {
    const given = Int32Array.from({ length: 90 }, (_, i) => i % 3);
    const random = randomStream(3, "x");
    expect(holdOut(90, 30, given, random)).toEqual(selectImages(90, 30, given, random));
  });

  it("leaves an image of each class, or refuses", () => {
    const given = Int32Array.of(0, 0, 1, 1, 2);
    expect(holdOut(5, 2, given, randomStream(0, "x"))).toHaveLength(2);
    expect(() => holdOut(5, 3, given, randomStream(0, "x"))).toThrow(
      "each class keeps one, so 2 is the most",
    );
    expect(() => holdOut(5, 5, undefined, randomStream(0, "x"))).toThrow("so 4 is the most");
  });
});
