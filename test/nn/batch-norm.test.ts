import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Tensor1D } from "../../steps/engine/index.js";
import {
  BATCH_NORM_EPSILON,
  batchMoments,
  batchNormInfer,
  batchNormTrain,
  updateRunning,
} from "../../steps/nn/batch-norm.js";
import { constant } from "../../steps/nn/initialise.js";
import { Params } from "../../steps/nn/params.js";
import { gradientError, numbers, tensor } from "../engine/rig.js";

const CHANNELS = 3;
const SHAPE = [4, 2, 5, CHANNELS];
const COUNT = 40;

/** Column c of the flat data. */
function channel(data: Float32Array, c: number): number[] {
  return Array.from(data.filter((_, i) => i % CHANNELS === c));
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length };
}

describe("batch normalisation", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());
  const vector = (seed: number): Tensor1D => tensor(engine.tf, [CHANNELS], seed) as Tensor1D;

  it("normalises each channel with its own mean and variance", () => {
    const { tf } = engine;
    const data = numbers(COUNT * CHANNELS, 1);
    const x = tensor(tf, SHAPE, 1);
    const y = batchNormTrain(tf, x, vector(2), vector(3), batchMoments(tf, x)).dataSync();
    const [gamma, beta] = [numbers(CHANNELS, 2), numbers(CHANNELS, 3)];
    const stats = [0, 1, 2].map(c => moments(channel(data, c)));
    y.forEach((value, i) => {
      const c = i % CHANNELS;
      const { mean = NaN, variance = NaN } = stats[c] ?? {};
      const unit = ((data[i] ?? NaN) - mean) / Math.sqrt(variance + BATCH_NORM_EPSILON);
      expect(value).toBeCloseTo(unit * (gamma[c] ?? NaN) + (beta[c] ?? NaN), 4);
    });
  });

  it("has the gradient of its value, the statistics' part included", () => {
    const { tf } = engine;
    const error = tf.tidy(() =>
      gradientError(tf, [tensor(tf, SHAPE, 1), vector(2), vector(3)], (_, x, gamma, beta) =>
        batchNormTrain(tf, x, gamma as Tensor1D, beta as Tensor1D, batchMoments(tf, x)),
      ),
    );
    expect(error).toBeLessThan(3e-3);
  });

  it("keeps its digits when the mean is large", () => {
    const { tf } = engine;
    const x = tf.add(tensor(tf, [400, CHANNELS], 1), 1000);
    const { variance } = batchMoments(tf, x);
    const exact = moments(channel(Float32Array.from(x.dataSync()), 0)).variance;
    expect(variance.dataSync()[0]).toBeCloseTo(exact, 4);
  });

  it("at inference uses the running statistics, which approach the batch's", () => {
    const { tf } = engine;
    const x = tensor(tf, SHAPE, 1);
    const batch = batchMoments(tf, x);
    const state = new Params(tf, {
      "n.mean": constant([CHANNELS], 0),
      "n.variance": constant([CHANNELS], 1),
    });
    updateRunning(tf, state, "n", batch, 0.25);
    const { mean, variance } = moments(channel(numbers(COUNT * CHANNELS, 1), 0));
    expect(state.get("n.mean").dataSync()[0]).toBeCloseTo(0.25 * mean, 5);
    expect(state.get("n.variance").dataSync()[0]).toBeCloseTo(
      0.75 + (0.25 * variance * COUNT) / (COUNT - 1),
      5,
    );
    for (let i = 0; i < 80; i++) updateRunning(tf, state, "n", batch, 0.25);
    const trained = batchNormTrain(tf, x, vector(2), vector(3), batch).dataSync();
    const inferred = batchNormInfer(
      tf,
      x,
      vector(2),
      vector(3),
      state.vector("n.mean"),
      state.vector("n.variance"),
    );
    // They differ by the unbiased variance: a factor of sqrt(39 / 40) about beta.
    inferred
      .dataSync()
      .forEach((value, i) => expect(Math.abs(value - (trained[i] ?? NaN))).toBeLessThan(0.03));
  });
});
