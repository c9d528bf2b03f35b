import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { lossOf } from "../../runner/core/numbers/number-loss.js";

const survives = (source: string): boolean => lossOf(source, Number(source)) === undefined;

describe("a number of the file", () => {
  it.each([
    ...[
      "0",
      "-0",
      "0.0",
      "0e9",
      "1.10",
      "9007199254740992.5e-3",
      "6.02214076e23",
      "1e300",
      "5e-324",
      "1e-323",
    ],
    ...["0.1000000000000000055511151231257827", "3.14159265358979323846", "4.9406564584124654e-324", "0x1F"],
    ...["9007199254740991", "9007199254740991.0", "-9007199254740991"],
  ])("%s survives", source => {
    expect(survives(source)).toBe(true);
  });

  it.each([
    ...[
      "9007199254740993",
      "9007199254740993.0",
      "-9007199254740993.",
      "90071992547409930e-1",
      "9007199254740993e0",
    ],
    ...["9007199254740993.5", "0x20000000000001", "1e400", "-1e400", "1e-400", "0.5e-400", "1.23456789e-320"],
  ])("%s does not", source => {
    expect(survives(source)).toBe(false);
  });

  it("survives wherever a program wrote a float that is not a huge whole number", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, max: 2 ** 52, min: -(2 ** 52) }),
        value => {
          expect(survives(String(value))).toBe(true);
          expect(survives(value.toExponential())).toBe(true);
        },
      ),
    );
  });

  it("does not survive as a whole number that is another one", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 70n }),
        fc.constantFrom("", ".", ".0", "e0"),
        (whole, end) => {
          const source = `${whole}${end}`;
          if (survives(source)) expect(BigInt(Number(source))).toBe(whole);
        },
      ),
    );
  });
});
