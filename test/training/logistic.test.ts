import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { randomStream } from "../../runner/step-api.js";
import { lbfgs } from "../../steps/kinds/evaluate-probe/lbfgs.js";
import { fitLogistic, predict } from "../../steps/kinds/evaluate-probe/logistic.js";
import {
  type Dataset,
  logisticLoss,
  type MultiClass,
} from "../../steps/kinds/evaluate-probe/logistic-loss.js";
import { fixtureJson } from "../rig/fixtures.js";

const options = { l2: 0.01, multiClass: "multinomial", maxIterations: 500, tolerance: 1e-9 } as const;

describe.each(["multinomial", "one-vs-rest"] as const)("the %s loss", multiClass => {
  it("is what the formula says, example by example", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }), (rows, features) => {
        const data = randomData(rows, features, 3);
        const weights = numbers(3 * (features + 1), "weights");
        const value = logisticLoss(data, 0.3, multiClass)(weights, new Float64Array(weights.length));
        expect(value).toBeCloseTo(naiveLoss(data, 0.3, multiClass, weights), 12);
      }),
      { numRuns: 30 },
    );
  });

  it("has the gradient that differences show", () => {
    const data = randomData(7, 4, 3);
    const loss = logisticLoss(data, 0.3, multiClass);
    const weights = numbers(15, "weights");
    const gradient = new Float64Array(15);
    loss(weights, gradient);
    for (let j = 0; j < 15; j++) {
      const at = (h: number): number =>
        loss(
          weights.map((w, i) => (i === j ? w + h : w)),
          new Float64Array(15),
        );
      expect(gradient[j]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8);
    }
  });

  it("survives logits that would overflow", () => {
    const data = { rows: 1, features: 1, classes: 2, x: Float64Array.of(1e4), y: Int32Array.of(0) };
    const gradient = new Float64Array(4);
    expect(logisticLoss(data, 0, multiClass)(Float64Array.of(1, 0, -1, 0), gradient)).toBe(0);
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });
});

describe("logistic regression", () => {
  const { x, y, fits } = (fixtureJson("training/expected.json") as Expected).logistic;
  const data: Dataset = {
    rows: x.length,
    features: 5,
    classes: 3,
    x: Float64Array.from(x.flat()),
    y: Int32Array.from(y),
  };

  it.each(fits)("finds scikit-learn's minimum ($multiClass, l2 $l2)", fit => {
    const model = fitLogistic(data, { ...options, multiClass: fit.multiClass, l2: fit.l2 });
    expect(model.converged).toBe(true);
    const rows = [0, 1, 2].map(k => [...model.weights.subarray(k * 6, k * 6 + 6)]);
    // A softmax does not change when all biases move together.
    const mean = rows.reduce((sum, row) => sum + (row[5] ?? 0) / 3, 0);
    const middle = fit.multiClass === "multinomial" ? mean : 0;
    for (const [k, row] of rows.entries()) {
      expect((row[5] ?? 0) - middle).toBeCloseTo(fit.bias[k] ?? NaN, 4);
      for (let d = 0; d < 5; d++) expect(row[d]).toBeCloseTo(fit.weights[k]?.[d] ?? NaN, 4);
    }
    expect([...predict(model, data.x)]).toEqual(fit.predictions);
  });

  it("needs few iterations however correlated the features are", () => {
    const near = randomData(200, 6, 3);
    for (let i = 0; i < 200; i++) near.x[i * 6 + 1] = (near.x[i * 6] ?? 0) + 1e-3 * (near.x[i * 6 + 1] ?? 0);
    const model = fitLogistic(near, { ...options, l2: 1e-4, tolerance: 1e-6 });
    expect(model.converged).toBe(true);
    expect(model.iterations).toBeLessThan(40);
  });

  it("takes a constant feature, and says so when it had no time to converge", () => {
    const constant = { ...randomData(30, 2, 2), x: new Float64Array(60) };
    expect(fitLogistic(constant, { ...options, l2: 0 }).converged).toBe(true);
    expect(fitLogistic(data, { ...options, maxIterations: 2 })).toMatchObject({
      converged: false,
      iterations: 2,
    });
  });

  it("refuses what cannot be learned", () => {
    expect(() => fitLogistic({ ...data, rows: 0 }, options)).toThrow(RangeError);
    expect(() => fitLogistic({ ...data, classes: 1 }, options)).toThrow(RangeError);
  });
});

describe("L-BFGS", () => {
  it("finds the minimum of a quadratic, with and without a preconditioner", () => {
    const scales = [1, 100, 1e4];
    const quadratic = (v: Float64Array, g: Float64Array): number =>
      scales.reduce((sum, s, i) => {
        const off = (v[i] ?? 0) - i;
        g[i] = s * off;
        return sum + (s * off * off) / 2;
      }, 0);
    const plain = lbfgs(quadratic, new Float64Array(3), { maxIterations: 100, tolerance: 1e-8 });
    const precondition = (q: Float64Array): void => scales.forEach((s, i) => (q[i] = (q[i] ?? 0) / s));
    const better = lbfgs(quadratic, new Float64Array(3), {
      maxIterations: 100,
      tolerance: 1e-8,
      precondition,
    });
    for (const { x: found, converged } of [plain, better]) {
      expect(converged).toBe(true);
      for (const i of [0, 1, 2]) expect(found[i]).toBeCloseTo(i, 7);
    }
    expect(better.iterations).toBeLessThanOrEqual(2);
  });

  it("stops, not converged, where no step helps", () => {
    const cliff = (_: Float64Array, g: Float64Array): number => {
      g[0] = 1;
      return 0;
    };
    const found = lbfgs(cliff, new Float64Array(1), { maxIterations: 10, tolerance: 1e-8 });
    expect(found).toMatchObject({ converged: false, iterations: 0 });
  });
});

interface Expected {
  readonly logistic: {
    readonly x: readonly (readonly number[])[];
    readonly y: readonly number[];
    readonly fits: readonly {
      readonly multiClass: MultiClass;
      readonly l2: number;
      readonly weights: readonly (readonly number[])[];
      readonly bias: readonly number[];
      readonly predictions: readonly number[];
    }[];
  };
}

function numbers(count: number, stream: string): Float64Array {
  const draws = randomStream(1, stream).at(0);
  return Float64Array.from({ length: count }, () => draws.normal());
}

function randomData(rows: number, features: number, classes: number): Dataset {
  const draws = randomStream(2, "labels").at(0);
  const y = Int32Array.from({ length: rows }, () => draws.below(classes));
  return { rows, features, classes, x: numbers(rows * features, "x"), y };
}

function naiveLoss(
  { rows, features, classes, x, y }: Dataset,
  l2: number,
  multiClass: MultiClass,
  w: Float64Array,
): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const z = Array.from({ length: classes }, (_, k) => {
      let sum = w[k * (features + 1) + features] ?? 0;
      for (let d = 0; d < features; d++) sum += (w[k * (features + 1) + d] ?? 0) * (x[i * features + d] ?? 0);
      return sum;
    });
    const all = z.reduce((sum, value) => sum + Math.exp(value), 0);
    const sigmoids = z.map((value, k) => 1 / (1 + Math.exp(k === y[i] ? -value : value)));
    const probabilities = multiClass === "multinomial" ? [Math.exp(z[y[i] ?? 0] ?? 0) / all] : sigmoids;
    for (const p of probabilities) loss -= Math.log(p) / rows;
  }
  for (let k = 0; k < classes; k++)
    for (let d = 0; d < features; d++) loss += 0.5 * l2 * (w[k * (features + 1) + d] ?? 0) ** 2;
  return loss;
}
