import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { fromHalf, toHalf } from "../../steps/formats/half.js";

it("every half but NaN survives both ways", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = fromHalf(bits);
    if (!Number.isNaN(value)) expect(toHalf(value)).toBe(bits);
  }
  expect(fromHalf(toHalf(NaN))).toBeNaN();
});

it("a number becomes the nearest half, ties to even", () => {
  fc.assert(
    fc.property(fc.double({ min: -65519, max: 65519, noNaN: true }), value => {
      const own = toHalf(value);
      const apart = Math.abs(fromHalf(own) - value);
      for (const next of [own - 1, own + 1]) {
        const other = Math.abs(fromHalf(next & 0xffff) - value);
        if (!Number.isFinite(other) || (own & 0x7fff) === 0) continue;
        expect(apart < other || (apart === other && own % 2 === 0)).toBe(true);
      }
    }),
    { seed: 3 },
  );
  expect(fromHalf(toHalf(65519))).toBe(65504);
  expect(fromHalf(toHalf(65520))).toBe(Infinity);
});
