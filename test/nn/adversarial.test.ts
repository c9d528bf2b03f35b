import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Tensor } from "../../steps/engine/index.js";
import { moveAverages } from "../../steps/nn/optimisers/moving-average.js";
import { type Optimiser, withRateMultiplier } from "../../steps/nn/optimisers/optimiser.js";
import { sgd } from "../../steps/nn/optimisers/sgd.js";
import { initialVector, spectralNorm } from "../../steps/nn/spectral-norm.js";
import { gradientError, numbers, tensor } from "../engine/rig.js";

describe("what GANs are trained with", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());

  it("spectral norm finds the largest singular value, and divides by it", () => {
    const { tf } = engine;
    // A = U diag(3, 1) V': two rotations around known singular values.
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const [e, f] = [Math.cos(-0.4), Math.sin(-0.4)];
    const a = [3 * c * e + s * f, 3 * c * f - s * e, 3 * s * e - c * f, 3 * s * f + c * e];
    const kernel = tf.tensor(a, [2, 2]);
    const { shape, data } = initialVector({ shape: [2, 2], data: Float32Array.from(a) });
    let vector: Tensor = tf.tensor(data, [...shape]);
    let norm = spectralNorm(tf, kernel, vector);
    for (let use = 0; use < 12; use++) {
      vector = norm.vector;
      norm = spectralNorm(tf, kernel, vector);
    }
    const values = norm.kernel.dataSync();
    a.forEach((value, i) => expect(values[i]).toBeCloseTo(value / 3, 5));
    expect(Math.hypot(...norm.vector.dataSync())).toBeCloseTo(1, 5);
  });

  it("spectral norm has the gradient of W / v'Wu with u and v constant", () => {
    const { tf } = engine;
    const [kernel, vector] = [tensor(tf, [2, 3, 4], 1), tensor(tf, [4], 2)];
    // The same with u and v held where one step of power iteration puts them.
    const matrix = tf.reshape(kernel, [6, 4]);
    const unit = (x: Tensor): Tensor => tf.div(x, tf.norm(x));
    const v = unit(tf.matMul(matrix, tf.reshape(vector, [4, 1])));
    const u = unit(tf.matMul(matrix, v, true));
    const held = (w: Tensor): Tensor => tf.div(w, tf.sum(tf.mul(v, tf.matMul(tf.reshape(w, [6, 4]), u))));
    const dy = tensor(tf, [2, 3, 4], 3);
    const gradient = (f: (w: Tensor) => Tensor): number[] =>
      Array.from(
        tf
          .grad(w => tf.sum(tf.mul(f(w), dy)))(kernel)
          .dataSync(),
      );
    const expected = gradient(held);
    gradient(w => spectralNorm(tf, w, vector).kernel).forEach((value, i) =>
      expect(value).toBeCloseTo(expected[i] ?? NaN, 5),
    );
    expect(gradientError(tf, [kernel], (_, w) => held(w))).toBeLessThan(3e-3);
  });

  it("averages follow their weights by 1 - decay", () => {
    const { tf } = engine;
    const moved = moveAverages(tf, { w: tf.tensor1d([1, -2]) }, { w: tf.tensor1d([3, 2]) }, 0.75);
    expect(Array.from(moved["w"]?.dataSync() ?? [])).toEqual([1.5, -1]);
    expect(() => moveAverages(tf, {}, { w: tf.tensor1d([1]) }, 0.5)).toThrow('no average of "w"');
  });

  it("an optimiser with a rate multiplier goes the same way, further or less far", () => {
    const { tf } = engine;
    const rule = sgd({ momentum: 0.9, weightDecay: 0 }) as Optimiser;
    const [p, g] = [tensor(tf, [3], 1), tensor(tf, [3], 2)];
    const averages = Object.fromEntries(rule.averages.map(name => [name, tensor(tf, [3], 3)]));
    const scalars = Object.fromEntries(
      Object.entries(rule.scalars(0, 0.1)).map(([name, value]) => [name, tf.scalar(value)]),
    );
    const whole = rule.move(tf, p, g, averages, scalars);
    const half = withRateMultiplier(rule, 0.5).move(tf, p, g, averages, scalars);
    const start = numbers(3, 1);
    const [far, near] = [whole.p.dataSync(), half.p.dataSync()];
    start.forEach((from, i) => expect(near[i]).toBeCloseTo((from + (far[i] ?? NaN)) / 2, 6));
    expect(withRateMultiplier(rule, 1)).toBe(rule);
  });
});
