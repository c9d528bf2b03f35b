/** Every test against SciPy, or plain enumeration where SciPy has no exact answer (test/fixtures/statistics). */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Bca, bootstrap } from "../../runner/claims/statistics/bootstrap.js";
import { holm } from "../../runner/claims/statistics/holm.js";
import { normalCdf, normalQuantile } from "../../runner/claims/statistics/normal.js";
import { pairedT, tost } from "../../runner/claims/statistics/paired-t.js";
import { trend } from "../../runner/claims/statistics/trend.js";
import { type Alternative, Unanswerable } from "../../runner/claims/statistics/answer.js";
import { wilcoxon } from "../../runner/claims/statistics/wilcoxon.js";
import { studentTail } from "../../runner/core/numbers/student.js";
import { fixtureJson } from "../rig/fixtures.js";

interface Expected {
  t: {
    values: number[];
    against: number;
    p: number[];
    t: number;
    interval90: number[];
    interval95: number[];
  }[];
  tost: { values: number[]; margin: number; p: number }[];
  wilcoxon: { values: number[]; w: number; p: number[] }[];
  bca: { values: number[]; index: number[][]; interval95: number[]; scipy95: number[] }[];
  page: { blocks: number[][]; l: number; p: number[] }[];
  holm: { p: number[]; adjusted: number[] };
  normal: { z: number[]; cdf: number[]; p: number[]; ppf: number[] };
  studentTail: [x: number, df: number, p: number][];
}

const expected = fixtureJson("statistics/expected.json") as Expected;
const SIDES: Alternative[] = ["greater", "less", "two-sided"];

function near(actual: number | undefined, wanted: number | undefined, relative = 1e-9): void {
  const size = Math.max(Math.abs(wanted ?? NaN), 1e-280);
  if (!(Math.abs((actual ?? NaN) - (wanted ?? NaN)) <= relative * size + 1e-14))
    throw new Error(`${actual ?? "nothing"} is not ${wanted ?? "nothing"}`);
}

describe("distributions", () => {
  it("normal, as SciPy", () => {
    const { z, cdf, p, ppf } = expected.normal;
    for (const [i, at] of z.entries()) {
      const [found, wanted] = [normalCdf(at), cdf[i] ?? NaN];
      expect(Math.abs(found / wanted - 1)).toBeLessThan(1e-12);
    }
    for (const [i, at] of p.entries()) near(normalQuantile(at), ppf[i], 1e-12);
  });

  it("Student's upper tail, as SciPy", () => {
    for (const [x, df, p] of expected.studentTail) near(studentTail(x, df), p, 1e-8);
  });
});

describe("paired t", () => {
  // SciPy 1.10 finds t quantiles to 1e-9 only: its own tail at its quantile is off by as much.
  it("as SciPy, with intervals", () => {
    for (const { values, against, p, t, interval90, interval95 } of expected.t) {
      for (const [i, side] of SIDES.entries()) {
        const result = pairedT(values, side, against, 0.05);
        near(result.statistic, t);
        near(result.p, p[i], 1e-8);
        const interval = side === "two-sided" ? interval95 : interval90;
        const width = (interval[1] ?? NaN) - (interval[0] ?? NaN);
        for (const end of [0, 1])
          expect(Math.abs((result.interval?.[end] ?? NaN) - (interval[end] ?? NaN)) / width).toBeLessThan(
            1e-8,
          );
      }
    }
  });

  it("leaves the null value out of its interval exactly when it rejects", () => {
    const values = fc.array(fc.double({ min: -3, max: 5, noNaN: true }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(values, fc.constantFrom(...SIDES), (sample, side) => {
        fc.pre(new Set(sample.map(v => v.toFixed(6))).size > 1);
        const { p, interval } = pairedT(sample, side, 0, 0.05);
        fc.pre(Math.abs(p - 0.05) > 1e-9);
        const [low = NaN, high = NaN] = interval ?? [];
        const out = side === "greater" ? low > 0 : side === "less" ? high < 0 : low > 0 || high < 0;
        expect(out).toBe(p < 0.05);
      }),
    );
  });
});

describe("equivalence", () => {
  it("as the larger of SciPy's two one-sided tests", () => {
    for (const { values, margin, p } of expected.tost) near(tost(values, margin, 0.05).p, p, 1e-7);
  });

  it("has an interval within the margin exactly when it holds", () => {
    for (const { values, margin } of expected.tost) {
      const { p, interval, level } = tost(values, margin, 0.05);
      expect(level).toBeCloseTo(0.9, 12);
      const [low = NaN, high = NaN] = interval ?? [];
      expect(low > -margin && high < margin).toBe(p < 0.05);
    }
  });
});

describe("signed ranks", () => {
  it("as SciPy, or as every sign pattern where there are ties", () => {
    for (const { values, w, p } of expected.wilcoxon) {
      for (const [i, side] of SIDES.entries()) {
        const result = wilcoxon(values, side, 0, 0.05);
        expect(result.statistic).toBeCloseTo(w, 9);
        near(result.p, p[i], 1e-9);
      }
    }
  });

  it("estimates and bounds by Walsh averages: Darwin's maize, as R's wilcox.test(conf.int)", () => {
    const darwin = expected.wilcoxon.find(({ values }) => values.includes(-8.4))?.values ?? [];
    const { estimate, interval } = wilcoxon(darwin, "two-sided", 0, 0.05);
    expect(estimate).toBeCloseTo(3.1, 1);
    // The 26th and the 95th of 120 averages: qsignrank(0.025, 15) is 26.
    const means = darwin.flatMap((a, i) => darwin.slice(i).map(b => (a + b) / 2)).sort((a, b) => a - b);
    expect(interval).toEqual([means[25], means[94]]);
  });
});

describe("bootstrap", () => {
  it("has SciPy's BCa interval on the same resamples", () => {
    for (const { values, index, interval95 } of expected.bca) {
      const means = Float64Array.from(
        index.map(row => row.reduce((sum, i) => sum + (values[i] ?? 0), 0) / values.length),
      );
      const [low, high] = new Bca(values, means).interval(0.95);
      near(low, interval95[0], 1e-9);
      near(high, interval95[1], 1e-9);
    }
  });

  it("comes as near to SciPy's with its own resamples as their number allows, and repeats itself", () => {
    for (const { values, scipy95 } of expected.bca) {
      const one = bootstrap(values, "two-sided", 0, 0.05, 0);
      const width = (scipy95[1] ?? NaN) - (scipy95[0] ?? NaN);
      for (const i of [0, 1])
        expect(Math.abs((one.interval?.[i] ?? NaN) - (scipy95[i] ?? NaN)) / width).toBeLessThan(0.03);
      expect(bootstrap(values, "two-sided", 0, 0.05, 0)).toEqual(one);
      expect(bootstrap(values, "two-sided", 0, 0.05, 1).interval).not.toEqual(one.interval);
    }
  });

  it("inverts its interval: at its ends p is the share outside", () => {
    for (const { values } of expected.bca) {
      const { interval } = bootstrap(values, "greater", 0, 0.05, 3);
      expect(bootstrap(values, "greater", interval?.[0] ?? NaN, 0.05, 3).p).toBeCloseTo(0.05, 3);
      expect(bootstrap(values, "less", interval?.[1] ?? NaN, 0.05, 3).p).toBeCloseTo(0.05, 3);
    }
  });
});

describe("trend", () => {
  it("as SciPy's page_trend_test, or as every order where there are ties or one block", () => {
    for (const { blocks, l, p } of expected.page) {
      const up = trend(blocks, "greater", 0.999);
      expect(up.statistic).toBeCloseTo(l, 9);
      near(up.p, p[0], 1e-9);
      near(trend(blocks, "less", 0.999).p, p[1], 1e-9);
    }
  });

  it("estimates the rank correlation with the order", () => {
    expect(trend([[1, 2, 3, 4, 5]], "greater", 0.05).estimate).toBe(1);
    expect(trend([[5, 4, 3, 2, 1]], "greater", 0.05).estimate).toBe(-1);
  });
});

describe("Holm", () => {
  it("as the rule written out", () => {
    const { p, adjusted } = expected.holm;
    holm(p).forEach((value, i) => expect(value).toBeCloseTo(adjusted[i] ?? NaN, 12));
  });

  it("never helps, keeps the order, and corrects nothing in a family of one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 9 }),
        ps => {
          const adjusted = holm(ps);
          ps.forEach((p, i) => {
            expect(adjusted[i]).toBeGreaterThanOrEqual(p);
            ps.forEach((q, j) => p < q && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 1));
          });
          if (ps.length === 1) expect(adjusted).toEqual(ps);
        },
      ),
    );
  });
});

describe("no answer", () => {
  it.each([
    ["one difference", () => pairedT([0.1], "greater", 0, 0.05)],
    ["no spread", () => pairedT([0.1, 0.1, 0.1], "greater", 0, 0.05)],
    ["no spread for equivalence", () => tost([0, 0, 0], 0.1, 0.05)],
    ["NaN", () => pairedT([0.1, NaN, 0.3], "greater", 0, 0.05)],
    ["infinity", () => wilcoxon([1, 2, 3, 4, Infinity], "greater", 0, 0.05)],
    ["four signs at 5 %", () => wilcoxon([1, 2, 3, 4], "greater", 0, 0.05)],
    ["five signs on two sides", () => wilcoxon([1, 2, 3, 4, 5], "two-sided", 0, 0.05)],
    ["all differences at the null", () => wilcoxon([0, 0, 0, 0, 0, 0], "greater", 0, 0.05)],
    ["four values to resample", () => bootstrap([1, 2, 3, 4], "greater", 0, 0.05, 0)],
    ["two points of a sweep", () => trend([[1, 2]], "greater", 0.05)],
    ["one block of three points", () => trend([[1, 2, 3]], "greater", 0.05)],
    ["no block", () => trend([], "greater", 0.05)],
  ])("%s", (_, test) => {
    expect(test).toThrow(Unanswerable);
  });
});
