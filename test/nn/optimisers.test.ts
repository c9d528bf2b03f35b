import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Scalar, type Tensor } from "../../steps/engine/index.js";
import { adam } from "../../steps/nn/adam.js";
import type { Optimiser } from "../../steps/nn/optimiser.js";
import { Params, type NamedArrays } from "../../steps/nn/params.js";
import { cosineRate } from "../../steps/nn/schedule.js";
import { sgd } from "../../steps/nn/sgd.js";
import { valueAndGradients } from "../../steps/nn/value-and-gradients.js";
import { numbers } from "../engine/rig.js";

const START: NamedArrays = {
  w: { shape: [2, 3], data: numbers(6, 1) },
  b: { shape: [3], data: numbers(3, 2) },
};
const RATES = [0.1, 0.05, 0.2, 0.01];
/** The gradient that step t takes for element i: anything, as long as both sides take the same. */
const gradientAt = (t: number, i: number): number => numbers(9, 10 + t)[i] ?? NaN;

describe("optimisers", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "wasm", cpus: 1 });
  });
  afterAll(() => engine.dispose());

  /** Steps `from` to `to` with the made-up gradients. */
  function walk(optimiser: Optimiser, from: number, to: number): void {
    const { tf } = engine;
    for (let t = from; t < to; t++)
      tf.tidy(() => {
        const flat = Float32Array.from({ length: 9 }, (_, i) => gradientAt(t, i));
        const gradients = { w: tf.tensor(flat.slice(0, 6), [2, 3]), b: tf.tensor(flat.slice(6), [3]) };
        optimiser.step(gradients, RATES[t] ?? NaN);
      });
  }

  async function flat(params: Params): Promise<number[]> {
    return Object.values(await params.arrays()).flatMap(({ data }) => Array.from(data));
  }

  const start = [...numbers(6, 1), ...numbers(3, 2)];
  it.each([0, 0.1])("Adam with weight decay %d takes the paper's steps", async decay => {
    const params = new Params(engine.tf, START);
    const optimiser = adam(engine.tf, params, { weightDecay: decay });
    walk(optimiser, 0, RATES.length);
    const expected = start.map((p, i) => {
      let [m, v] = [0, 0];
      RATES.forEach((rate, t) => {
        const g = gradientAt(t, i);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const [mHat, vHat] = [m / (1 - 0.9 ** (t + 1)), v / (1 - 0.999 ** (t + 1))];
        p -= rate * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * p);
      });
      return p;
    });
    (await flat(params)).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
    expect(optimiser.steps).toBe(RATES.length);
  });

  it.each([0, 0.1])("SGD with momentum and weight decay %d", async decay => {
    const params = new Params(engine.tf, START);
    walk(sgd(engine.tf, params, { momentum: 0.8, weightDecay: decay }), 0, RATES.length);
    const expected = start.map((p, i) => {
      let v = 0;
      RATES.forEach((rate, t) => {
        v = 0.8 * v + gradientAt(t, i) + decay * p;
        p -= rate * v;
      });
      return p;
    });
    (await flat(params)).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
  });

  it.each([
    ["adam", adam],
    ["sgd", sgd],
  ] as const)("%s goes on from its saved state, bit by bit", async (_name, make) => {
    const whole = new Params(engine.tf, START);
    walk(make(engine.tf, whole, {}), 0, 4);
    const half = new Params(engine.tf, START);
    const first = make(engine.tf, half, {});
    walk(first, 0, 2);
    // As a checkpoint does it: parameters and state as arrays, then all anew.
    const [saved, state] = [await half.arrays(), await first.state()];
    half.dispose();
    first.dispose();
    const resumed = new Params(engine.tf, saved);
    const second = make(engine.tf, resumed, {}, state);
    expect(second.steps).toBe(2);
    walk(second, 2, 4);
    expect(await flat(resumed)).toEqual(await flat(whole));
  });

  it("leaves no tensor behind", () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const params = new Params(tf, START);
    const optimiser = adam(tf, params);
    const update = (): void =>
      tf.tidy(() => {
        const loss = (): Scalar => tf.sum<Scalar>(tf.square(tf.add(params.get("w"), params.get("b"))));
        optimiser.step(valueAndGradients(tf, params, loss).gradients, 0.1);
      });
    update();
    const during = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) update();
    expect(tf.memory().numTensors).toBe(during);
    optimiser.dispose();
    params.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("differentiates by the named parameters alone, and says which one has no part", () => {
    const { tf } = engine;
    const params = new Params(tf, START);
    const loss = (): Scalar => tf.sum<Scalar>(tf.square(params.get("w")));
    tf.tidy(() => {
      const { value, gradients } = valueAndGradients(tf, params, loss, ["w"]);
      expect(Object.keys(gradients)).toEqual(["w"]);
      const w = START["w"]?.data ?? [];
      expect(value.dataSync()[0]).toBeCloseTo(
        Array.from(w).reduce((s, v) => s + v * v, 0),
        5,
      );
      (gradients["w"] as Tensor).dataSync().forEach((g, i) => expect(g).toBeCloseTo(2 * (w[i] ?? NaN), 5));
    });
    expect(() => valueAndGradients(tf, params, loss)).toThrow(/depend on b/);
  });
});

describe("cosine schedule", () => {
  it("rises, then falls to 0", () => {
    expect(cosineRate(1, 0, 100)).toBe(1);
    expect(cosineRate(1, 50, 100)).toBeCloseTo(0.5);
    expect(cosineRate(1, 100, 100)).toBeCloseTo(0);
    expect([0, 1, 4].map(step => cosineRate(2, step, 100, 5))).toEqual([0.4, 0.8, 2]);
    expect(cosineRate(2, 5, 105, 5)).toBe(2);
  });
});
