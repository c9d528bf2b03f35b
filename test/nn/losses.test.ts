import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Tensor, type Tensor2D } from "../../steps/engine/index.js";
import { discriminatorLoss, generatorLoss } from "../../steps/nn/losses/adversarial.js";
import { crossEntropy, logisticLoss, oneHot } from "../../steps/nn/losses/cross-entropy.js";
import { bernoulliLoss, klToStandardNormal, reparameterise } from "../../steps/nn/losses/elbo.js";
import { gradientError, numbers, tensor, type Build } from "../engine/rig.js";

const N = 4;
const D = 3;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

describe("losses are their formulas", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());
  const matrix = (seed: number): Tensor2D => tensor(engine.tf, [N, D], seed) as Tensor2D;
  const [a, b] = [Array.from(numbers(N * D, 1)), Array.from(numbers(N * D, 2))];
  const value = (t: Tensor): number => t.dataSync()[0] ?? NaN;
  const zip = (f: (x: number, y: number) => number): number[] => a.map((x, i) => f(x, b[i] ?? NaN));

  it("KL of a diagonal normal to the standard one", () => {
    const expected = sum(zip((m, v) => 0.5 * (Math.exp(v) + m * m - 1 - v))) / N;
    expect(value(klToStandardNormal(engine.tf, matrix(1), matrix(2)))).toBeCloseTo(expected, 5);
    const zero = engine.tf.zeros<Tensor2D["rankType"]>([N, D]);
    expect(value(klToStandardNormal(engine.tf, zero, zero))).toBeCloseTo(0, 9);
  });

  it("Bernoulli reconstruction: the cross-entropy of pixels", () => {
    const target = b.map(Math.abs);
    const expected =
      -sum(
        a.map(
          (l, i) =>
            Math.log(l > 99 ? 1 : sigmoid(l)) * (target[i] ?? NaN) +
            Math.log(1 - sigmoid(l)) * (1 - (target[i] ?? NaN)),
        ),
      ) / N;
    expect(value(bernoulliLoss(engine.tf, matrix(1), engine.tf.abs(matrix(2))))).toBeCloseTo(expected, 4);
    const sure = engine.tf.tensor2d([[500, -500]]);
    expect(value(bernoulliLoss(engine.tf, sure, engine.tf.tensor2d([[1, 0]])))).toBeCloseTo(0, 5);
  });

  it("reparameterisation: mean + sd noise", () => {
    const z = reparameterise(engine.tf, matrix(1), matrix(2), matrix(3)).dataSync();
    const noise = numbers(N * D, 3);
    zip((m, v) => m + Math.exp(v / 2) * (noise[a.indexOf(m)] ?? NaN)).forEach((expected, i) =>
      expect(z[i]).toBeCloseTo(expected, 5),
    );
  });

  it("adversarial losses", () => {
    const { tf } = engine;
    const mean = (values: number[]): number => sum(values) / values.length;
    const d = (loss: "hinge" | "non-saturating"): number =>
      value(discriminatorLoss(tf, loss, matrix(1), matrix(2)));
    const g = (loss: "hinge" | "non-saturating"): number => value(generatorLoss(tf, loss, matrix(2)));
    const log = (x: number): number => -Math.log(sigmoid(x));
    expect(d("non-saturating")).toBeCloseTo(
      mean(a.map(log)) + mean(b.map(x => -Math.log(1 - sigmoid(x)))),
      5,
    );
    expect(g("non-saturating")).toBeCloseTo(mean(b.map(log)), 5);
    expect(d("hinge")).toBeCloseTo(
      mean(a.map(x => Math.max(0, 1 - x))) + mean(b.map(x => Math.max(0, 1 + x))),
      5,
    );
    expect(g("hinge")).toBeCloseTo(-mean(b), 5);
  });

  it("multinomial logistic regression", () => {
    const labels = [2, 0, 1, 1];
    let expected = 0;
    labels.forEach((label, i) => {
      const row = a.slice(i * D, (i + 1) * D);
      expected -= Math.log(Math.exp(row[label] ?? NaN) / sum(row.map(Math.exp))) / N;
    });
    const targets = oneHot(engine.tf, labels, D);
    expect(value(crossEntropy(engine.tf, matrix(1), targets))).toBeCloseTo(expected, 5);
    const penalty = (0.3 / 2) * sum(b.map(x => x * x));
    expect(value(logisticLoss(engine.tf, matrix(1), targets, matrix(2), 0.3))).toBeCloseTo(
      expected + penalty,
      5,
    );
    expect(() => oneHot(engine.tf, [3], D)).toThrow(RangeError);
  });

  const two: [string, Build][] = [
    ["klToStandardNormal", (tf, x, y) => klToStandardNormal(tf, x as Tensor2D, y as Tensor2D)],
    ["bernoulliLoss", (tf, x, y) => bernoulliLoss(tf, x, y)],
    [
      "reparameterise",
      (tf, x, y) => reparameterise(tf, x as Tensor2D, y as Tensor2D, tensor(tf, [N, D], 5) as Tensor2D),
    ],
    ["non-saturating D", (tf, x, y) => discriminatorLoss(tf, "non-saturating", x, y)],
    ["hinge D", (tf, x, y) => discriminatorLoss(tf, "hinge", x, y)],
    [
      "logisticLoss",
      (tf, x, y) => logisticLoss(tf, x as Tensor2D, oneHot(tf, [2, 0, 1, 1], D), y as Tensor2D, 0.3),
    ],
  ];
  it.each(two)("%s has the gradient of its value", (_name, build) => {
    const { tf } = engine;
    expect(tf.tidy(() => gradientError(tf, [matrix(1), matrix(2)], build))).toBeLessThan(2e-3);
  });
});
