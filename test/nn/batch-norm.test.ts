import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Tensor1D } from "../../steps/engine/index.js";
import { forward } from "../../steps/nn/model.js";
import { batchMoments, batchNormTrain, moveRunning } from "../../steps/nn/layers/batch-norm.js";
import { gradientError, numbers, tensor } from "../engine/rig.js";

const CHANNELS = 3;
const SHAPE = [4, 2, 5, CHANNELS];
const COUNT = 40;
const EPSILON = 1e-5;

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
    const y = batchNormTrain(tf, x, vector(2), vector(3), batchMoments(tf, x), EPSILON).dataSync();
    const [gamma, beta] = [numbers(CHANNELS, 2), numbers(CHANNELS, 3)];
    const stats = [0, 1, 2].map(c => moments(channel(data, c)));
    y.forEach((value, i) => {
      const c = i % CHANNELS;
      const { mean = NaN, variance = NaN } = stats[c] ?? {};
      const unit = ((data[i] ?? NaN) - mean) / Math.sqrt(variance + EPSILON);
      expect(value).toBeCloseTo(unit * (gamma[c] ?? NaN) + (beta[c] ?? NaN), 4);
    });
  });

  it("has the gradient of its value, the statistics' part included", () => {
    const { tf } = engine;
    const error = tf.tidy(() =>
      gradientError(tf, [tensor(tf, SHAPE, 1), vector(2), vector(3)], (_, x, gamma, beta) =>
        batchNormTrain(tf, x, gamma as Tensor1D, beta as Tensor1D, batchMoments(tf, x), EPSILON),
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
    let running = moveRunning(tf, { mean: tf.zeros([CHANNELS]), variance: tf.ones([CHANNELS]) }, batch, 0.25);
    const { mean, variance } = moments(channel(numbers(COUNT * CHANNELS, 1), 0));
    expect(running.mean.dataSync()[0]).toBeCloseTo(0.25 * mean, 5);
    expect(running.variance.dataSync()[0]).toBeCloseTo(0.75 + (0.25 * variance * COUNT) / (COUNT - 1), 5);
    for (let i = 0; i < 80; i++) running = moveRunning(tf, running, batch, 0.25);
    const trained = batchNormTrain(tf, x, vector(2), vector(3), batch, EPSILON).dataSync();
    const weights = { gamma: vector(2), beta: vector(3), ...running };
    const named = Object.entries(weights).map(([name, tensor]) => [`layers.0.${name}`, tensor] as const);
    const spec = { layers: [{ type: "batchNorm", epsilon: EPSILON } as const] };
    const inferred = forward(tf, spec, new Map(named), x).dataSync();
    // They differ by the unbiased variance: a factor of sqrt(39 / 40) about beta.
    inferred.forEach((value, i) => expect(Math.abs(value - (trained[i] ?? NaN))).toBeLessThan(0.03));
  });
});
