import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { philox4x32, randomStream } from "../../runner/core/numbers/philox.js";

/** Known answers of Random123 (Salmon et al., 2011), `tests/kat_vectors`: counter, key, block. */
const KNOWN = [
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
] as const;

/** The same ten rounds in integers of any size, written from the paper's figure: slow, and without halves of words. */
function block(counter: readonly number[], key: readonly number[]): number[] {
  const word = 2n ** 32n;
  let [x0 = 0n, x1 = 0n, x2 = 0n, x3 = 0n] = counter.map(BigInt);
  let [k0 = 0n, k1 = 0n] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const [a, b] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [(b / word) ^ x1 ^ k0, b % word, (a / word) ^ x3 ^ k1, a % word];
    [k0, k1] = [(k0 + 0x9e3779b9n) % word, (k1 + 0xbb67ae85n) % word];
  }
  return [x0, x1, x2, x3].map(Number);
}

function philox(
  [c0 = 0, c1 = 0, c2 = 0, c3 = 0]: readonly number[],
  [k0 = 0, k1 = 0]: readonly number[],
): number[] {
  const out = new Uint32Array(4);
  philox4x32(c0, c1, c2, k0, k1, out, c3);
  return Array.from(out);
}

describe("Philox4x32-10", () => {
  it.each(KNOWN)("of counter %s and key %s is what its authors say", (counter, key, expected) => {
    const words = (text: string): number[] => text.split(" ").map(word => parseInt(word, 16));
    expect(philox(words(counter), words(key))).toEqual(words(expected));
    expect(block(words(counter), words(key))).toEqual(words(expected));
  });

  it("is that of plain integers for any counter and key", () => {
    const words = (length: number): fc.Arbitrary<number[]> =>
      fc.array(fc.nat(0xffffffff), { minLength: length, maxLength: length });
    fc.assert(
      fc.property(words(4), words(2), (counter, key) => {
        expect(philox(counter, key)).toEqual(block(counter, key));
      }),
    );
  });
});

describe("a random stream", () => {
  const first = (seed: number | string, stream: string, index: number): number[] => {
    const draws = randomStream(seed, stream).at(index);
    return Array.from({ length: 5 }, () => draws.uint32());
  };

  it("is a function of seed, name, index and draw, and of nothing that was drawn before", () => {
    const stream = randomStream(7, "anchor");
    const [one, other] = [stream.at(3), stream.at(2 ** 40)];
    const mixed = Array.from({ length: 5 }, () => [one.uint32(), other.uint32()] as const);
    expect(mixed.map(([a]) => a)).toEqual(first(7, "anchor", 3));
    expect(mixed.map(([, b]) => b)).toEqual(first(7, "anchor", 2 ** 40));
    const all = [first(7, "anchor", 3), first(8, "anchor", 3), first("7", "anchor", 3), first(7, "noise", 3)];
    expect(new Set([...all, first(7, "anchor", 4), first(7, "anchor", 3 + 2 ** 32)].map(String)).size).toBe(
      6,
    );
  });

  it("is pinned, on every Node: published results came of these numbers", () => {
    expect(first(0, "anchor", 0)).toEqual([3880724790, 1856196202, 33002495, 2619604546, 3019560575]);
    const draws = randomStream(0, "anchor").at(1);
    expect([draws.normal(), draws.normal(), draws.uniform(), draws.below(10)]).toEqual([
      0.09920817664680034, -0.25305758288593055, 0.4305839978624135, 5,
    ]);
  });
});
