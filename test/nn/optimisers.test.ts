import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type ProgramArrays, type Scalar } from "../../steps/engine/index.js";
import { adam } from "../../steps/nn/optimisers/adam.js";
import {
  initialAverages,
  moveAll,
  type Optimiser,
  scalarArrays,
} from "../../steps/nn/optimisers/optimiser.js";
import { cosineRate } from "../../steps/nn/optimisers/optimisation.js";
import { sgd } from "../../steps/nn/optimisers/sgd.js";
import { valueAndGradients } from "../../steps/nn/optimisers/update.js";
import { numbers } from "../engine/rig.js";

const START: ProgramArrays = {
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

  const startOf = (optimiser: Optimiser): ProgramArrays => ({
    ...START,
    ...initialAverages(optimiser, START),
  });

  /** Steps `from` to `to` with the made-up gradients, as a program: gradients and scalars are its inputs. */
  async function walk(
    optimiser: Optimiser,
    state: ProgramArrays,
    from: number,
    to: number,
  ): Promise<ProgramArrays> {
    const { tf } = engine;
    const program = engine.program((held, { "gradient/w": w, "gradient/b": b, ...scalars }) => {
      if (w === undefined || b === undefined) throw new Error("no gradients");
      return { state: moveAll(tf, optimiser, held, { w, b }, scalars), outputs: {} };
    }, state);
    for (let t = from; t < to; t++) {
      const flat = Float32Array.from({ length: 9 }, (_, i) => gradientAt(t, i));
      const gradients = {
        "gradient/w": { shape: [2, 3], data: flat.slice(0, 6) },
        "gradient/b": { shape: [3], data: flat.slice(6) },
      };
      await program.run({ ...gradients, ...scalarArrays(optimiser.scalars(t, RATES[t] ?? NaN)) });
    }
    const after = await program.state();
    program.dispose();
    return after;
  }

  function flat({ w, b }: ProgramArrays): number[] {
    return [...(w?.data ?? []), ...(b?.data ?? [])];
  }

  const start = [...numbers(6, 1), ...numbers(3, 2)];
  it.each([0, 0.1])("Adam with weight decay %d takes the paper's steps", async decay => {
    const optimiser = adam({ weightDecay: decay });
    const after = await walk(optimiser, startOf(optimiser), 0, RATES.length);
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
    flat(after).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
  });

  it.each([0, 0.1])("SGD with momentum and weight decay %d", async decay => {
    const optimiser = sgd({ momentum: 0.8, weightDecay: decay });
    const after = await walk(optimiser, startOf(optimiser), 0, RATES.length);
    const expected = start.map((p, i) => {
      let v = 0;
      RATES.forEach((rate, t) => {
        v = 0.8 * v + gradientAt(t, i) + decay * p;
        p -= rate * v;
      });
      return p;
    });
    flat(after).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
  });

  it.each([
    ["adam", adam],
    ["sgd", sgd],
  ] as const)("%s goes on from its saved state, bit by bit", async (_name, make) => {
    const optimiser = make();
    const whole = await walk(optimiser, startOf(optimiser), 0, 4);
    const half = await walk(optimiser, startOf(optimiser), 0, 2);
    expect(await walk(optimiser, half, 2, 4)).toEqual(whole);
  });

  it("leaves no tensor behind", async () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const optimiser = adam();
    const program = engine.program(
      (held, scalars) => {
        const { w, b } = held;
        if (w === undefined || b === undefined) throw new Error("no parameters");
        const { value, aux, gradients } = valueAndGradients(tf, { w, b }, () => ({
          value: tf.sum<Scalar>(tf.square(tf.add(w, b))),
          aux: { seen: tf.mean(w) },
        }));
        const state = { ...aux, ...moveAll(tf, optimiser, held, gradients, scalars) };
        return { state, outputs: { loss: value } };
      },
      { ...startOf(optimiser), seen: { shape: [], data: new Float32Array(1) } },
    );
    const update = (read: boolean): Promise<ProgramArrays> =>
      program.run(scalarArrays(optimiser.scalars(0, 0.1)), { read });
    await update(true);
    const during = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) await update(i % 2 === 0);
    expect(tf.memory().numTensors).toBe(during);
    program.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("differentiates by the given parameters alone, and says which one has no part", () => {
    const { tf } = engine;
    const [w, b] = [tf.tensor(START["w"]?.data ?? [], [2, 3]), tf.zeros([3])];
    const loss = (): { value: Scalar } => ({ value: tf.sum<Scalar>(tf.square(w)) });
    tf.tidy(() => {
      const { value, gradients } = valueAndGradients(tf, { w }, loss);
      const numbersOfW = Array.from(w.dataSync());
      expect(value.dataSync()[0]).toBeCloseTo(
        numbersOfW.reduce((s, v) => s + v * v, 0),
        5,
      );
      expect(Object.keys(gradients)).toEqual(["w"]);
      gradients["w"]?.dataSync().forEach((g, i) => expect(g).toBeCloseTo(2 * (numbersOfW[i] ?? NaN), 5));
    });
    expect(() => valueAndGradients(tf, { w, b }, loss)).toThrow(/depend on b/);
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
