import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { randomStream } from "../../runner/step-api.js";
import { openEngine, type Engine } from "../../steps/engine/index.js";
import { fans, glorotUniform, heNormal } from "../../steps/nn/initialise.js";
import { countOf, Params } from "../../steps/nn/params.js";
import { numbers } from "../engine/rig.js";

describe("parameters", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "wasm", cpus: 1 });
  });
  afterAll(() => engine.dispose());

  it("come back as they went in, in order", async () => {
    const arrays = {
      "layers.0.weight": { shape: [2, 3], data: numbers(6, 1) },
      bias: { shape: [3], data: numbers(3, 2) },
    };
    const params = new Params(engine.tf, arrays);
    expect(params.names).toEqual(["layers.0.weight", "bias"]);
    expect(await params.arrays()).toEqual(arrays);
    expect(countOf(arrays)).toBe(9);
    params.dispose();
  });

  it("survive tf.tidy, and free what they replace", () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const params = new Params(tf, { w: { shape: [2], data: numbers(2, 1) } });
    tf.tidy(() => params.set("w", tf.tensor1d([1, 2])));
    expect(Array.from(params.vector("w").dataSync())).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(before + 1);
    params.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuse unknown names, other shapes and other ranks", () => {
    const params = new Params(engine.tf, { w: { shape: [2], data: numbers(2, 1) } });
    expect(() => params.get("v")).toThrow(/"v"/);
    expect(() => params.set("w", engine.tf.zeros([3]))).toThrow(/shape/);
    expect(() => params.matrix("w")).toThrow(/rank/);
  });
});

describe("initialisers", () => {
  const spread = (data: Float32Array): { mean: number; sd: number; max: number } => {
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const variance = data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length;
    return { mean, sd: Math.sqrt(variance), max: Math.max(...data.map(Math.abs)) };
  };
  const random = randomStream(7, "weights");

  it("He: normal with variance 2 / fanIn", () => {
    const shape = [3, 3, 20, 40];
    const { fanIn, fanOut } = fans(shape);
    expect([fanIn, fanOut]).toEqual([180, 360]);
    const { mean, sd } = spread(heNormal(random, 0, shape, fanIn).data);
    expect(Math.abs(mean)).toBeLessThan(0.005);
    expect(sd).toBeCloseTo(Math.sqrt(2 / 180), 2);
  });

  it("Glorot: uniform with variance 2 / (fanIn + fanOut)", () => {
    const { sd, max } = spread(glorotUniform(random, 1, [100, 50], 100, 50).data);
    expect(sd).toBeCloseTo(Math.sqrt(2 / 150), 2);
    expect(max).toBeLessThanOrEqual(Math.sqrt(6 / 150));
  });

  it("depend on the seed, the stream and the place alone", () => {
    const make = (seed: number, at: number): Float32Array =>
      heNormal(randomStream(seed, "w"), at, [4], 4).data;
    expect(make(1, 0)).toEqual(make(1, 0));
    expect(make(1, 0)).not.toEqual(make(2, 0));
    expect(make(1, 0)).not.toEqual(make(1, 1));
  });
});
