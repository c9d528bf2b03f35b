import { describe, expect, it } from "@jest/globals";
import { checkClaim } from "../../runner/claims/check-claim.js";
import type { Claim } from "../../runner/claims/expectation.js";
import type { Lookup } from "../../runner/claims/language/evaluate.js";
import { parseExpression } from "../../runner/claims/language/parse.js";
import type { Finding } from "../../runner/claims/finding.js";

const values: Readonly<Record<string, readonly number[]>> = {
  "a.x": [0.01, 0.02, 0.03],
  "b.bytes": [2_000_000],
  "c.x": [0.2, 0.5, 0.3],
};
const lookup: Lookup = ({ source }) => ({
  axes: ["seed"],
  cells: (values[source] ?? []).map((value, seed) => ({ labels: { seed }, value })),
});

function check(that: string): Finding {
  const parsed = parseExpression(that);
  if ("fault" in parsed) throw new Error(parsed.fault.message);
  const claim: Pick<Claim, "that" | "expression"> = { that, expression: parsed.expression };
  return checkClaim(claim as Claim, lookup);
}

describe("what a claim is about", () => {
  // Mean 0.02, sd 0.01, n 3: t(0.975, 2) = 4.302653, half-width 4.302653 * 0.01 / sqrt(3) = 0.0248414.
  it.each([
    ["-0.05 < ci(a.x, 0.95) < 0.05", [-0.05, 0.05], 0.02, "by 0.00516"],
    ["0.05 > ci(a.x, 0.95) >= -0.05", [-0.05, 0.05], 0.02, "by 0.00516"],
    ["-0.001 < ci(a.x, 0.95) < 0.05", [-0.001, 0.05], 0.02, "misses by 0.00384"],
    ["0 < mean(a.x) < 0.025", [0, 0.025], 0.02, "by 0.005"],
    ["0.1 < c.x < 0.4", [0.1, 0.4], 0.5, "misses by 0.1"],
    ["b.bytes < 1000", [null, 1000], 2_000_000, "misses by 1,999,000"],
    ["0.1 < c.x", [0.1, null], 0.2, "by 0.1"],
    ["c.x > a.x", [0, null], 0.19, "by 0.19"],
  ])("%s", (that, wanted, actual, note) => {
    const found = check(that);
    expect(found.wanted).toEqual(wanted);
    expect(found.actual).toBeCloseTo(actual, 10);
    expect(found.note.split(";")[0]).toBe(note);
    expect(found.ok).toBe(note.startsWith("by"));
  });

  it("is told with its interval, where it has one", () => {
    const [low, high] = check("-0.05 < ci(a.x, 0.95) < 0.05").interval ?? [NaN, NaN];
    expect([low, high].map(end => end.toFixed(5))).toEqual(["-0.00484", "0.04484"]);
    expect(check("-0.05 < ci(a.x) < 0.05")).toMatchObject({ n: 3, level: 0.95 });
  });

  it("is nothing for what has no one number", () => {
    expect(check("a.x > 0 and c.x > 0")).toMatchObject({ actual: true, wanted: null, note: "holds" });
    expect(check("0 < a.x < c.x < 1")).toMatchObject({ actual: true, wanted: null });
  });
});
