import { describe, expect, it } from "@jest/globals";
import { randomStream } from "../../runner/step-api.js";
import { glorotUniform, heNormal } from "../../steps/nn/initialise.js";

describe("initialisers", () => {
  const spread = (data: ArrayLike<number>): { mean: number; sd: number; max: number } => {
    const values = Array.from(data);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    return { mean, sd: Math.sqrt(variance), max: Math.max(...values.map(Math.abs)) };
  };
  const random = randomStream(7, "weights");

  it("He: normal with variance 2 / fanIn", () => {
    const { mean, sd } = spread(heNormal(random, 0, [3, 3, 20, 40], 180).data);
    expect(Math.abs(mean)).toBeLessThan(0.005);
    expect(sd).toBeCloseTo(Math.sqrt(2 / 180), 2);
  });

  it("Glorot: uniform with variance 2 / (fanIn + fanOut)", () => {
    const { sd, max } = spread(glorotUniform(random, 1, [100, 50], 100, 50).data);
    expect(sd).toBeCloseTo(Math.sqrt(2 / 150), 2);
    expect(max).toBeLessThanOrEqual(Math.sqrt(6 / 150));
  });

  it("depend on the seed, the stream and the place alone", () => {
    const make = (seed: number, at: number): ArrayLike<number> =>
      heNormal(randomStream(seed, "w"), at, [4], 4).data;
    expect(make(1, 0)).toEqual(make(1, 0));
    expect(make(1, 0)).not.toEqual(make(2, 0));
    expect(make(1, 0)).not.toEqual(make(1, 1));
  });
});
