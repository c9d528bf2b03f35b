import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { randomStream } from "../../runner/step-api.js";
import { openEngine, type Tensor } from "../../steps/engine/index.js";
import { pickPerClass } from "../../steps/evaluation/labelled-sets.js";
import { score } from "../../steps/evaluation/scores.js";
import { standardise } from "../../steps/artifacts/features.js";
import { encoderLayers } from "../../steps/training/architecture.js";
import { viewMaker } from "../../steps/kinds/train-contrastive/view-source.js";
import { range } from "../../steps/artifacts/images.js";
import { modelShapes, type ModelSpec } from "../../steps/nn/model.js";
import { initialState, trainForward } from "../../steps/nn/net.js";
import { learningRate } from "../../steps/nn/optimisers/optimisation.js";
import { batchOrder } from "../../steps/training/order.js";
import { picker } from "./data.js";

describe("the order of the data", () => {
  it("takes every example once an epoch, in another order each, whatever came before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), (count, batch) => {
        fc.pre(count >= batch);
        const random = randomStream(0, "order");
        const perEpoch = Math.floor(count / batch);
        const order = batchOrder(count, batch, random);
        for (const epoch of [0, 1]) {
          const taken = Array.from({ length: perEpoch }, (_, i) => [...order(epoch * perEpoch + i)]).flat();
          expect(new Set(taken).size).toBe(perEpoch * batch);
          expect(taken.every(i => i >= 0 && i < count)).toBe(true);
        }
        expect(batchOrder(count, batch, random)(perEpoch)).toEqual(order(perEpoch));
      }),
    );
    const order = batchOrder(100, 100, randomStream(0, "order"));
    expect(order(0)).not.toEqual(order(1));
  });
});

describe("the learning rate", () => {
  const options = { kind: "adam", lr: 1, warmup: 4, momentum: 0, weightDecay: 0 } as const;
  it("rises, then stays or falls to 0", () => {
    const rates = (schedule: "cosine" | "constant"): number[] =>
      [0, 3, 4, 52, 99].map(update => learningRate({ ...options, schedule }, update, 100));
    expect(rates("constant")).toEqual([0.25, 1, 1, 1, 1]);
    const cosine = rates("cosine");
    expect(cosine.slice(0, 3)).toEqual([0.25, 1, 1]);
    expect(cosine[3]).toBeCloseTo(0.5, 12);
    expect(cosine[4]).toBeLessThan(0.001);
  });
});

describe("views of a batch", () => {
  const images = Uint8Array.from({ length: 3 * 4 * 4 }, (_, i) => 5 * i);
  const pick = picker(images, 4);
  const source = { kind: "generated views", count: 3, shape: [2, 2, 1], stored: 4, pick } as const;
  const random = (stream: string): ReturnType<typeof randomStream> => randomStream(0, stream);

  it("are different stored views of the anchor, first views first", () => {
    const make = viewMaker(source, { views: 2, augment: {}, noise: 0 }, random);
    const seen = new Set<number>();
    for (let update = 0; update < 60; update++) {
      const batch = make(update, Int32Array.of(2, 0));
      const stored = [0, 1, 2, 3].map(row => Math.round(((batch[row * 4] ?? 0) * 255) / 20));
      const [a = 0, b = 0, a2 = 0, b2 = 0] = stored;
      expect([Math.floor(a / 4), Math.floor(b / 4), Math.floor(a2 / 4), Math.floor(b2 / 4)]).toEqual([
        2, 0, 2, 0,
      ]);
      expect(a).not.toBe(a2);
      seen.add(a).add(a2);
    }
    expect(seen.size).toBe(4);
  });

  it("are all the stored ones in order, where as many are asked for", () => {
    const make = viewMaker(source, { views: 4, augment: {}, noise: 0 }, random);
    expect([...make(7, Int32Array.of(1))].map(v => Math.round(v * 255))).toEqual([...images.slice(16, 32)]);
  });

  it("carry noise of the stated size, other noise in each", () => {
    const flat = {
      ...source,
      count: 1,
      stored: 1,
      shape: [32, 32, 1],
      pick: picker(new Uint8Array(1024), 1024),
    } as const;
    const batch = viewMaker(flat, { views: 2, augment: {}, noise: 0.1 }, random)(0, Int32Array.of(0));
    const variance = batch.reduce((sum, v) => sum + v * v, 0) / batch.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
    const product = batch.slice(0, 1024).reduce((sum, v, i) => sum + v * (batch[1024 + i] ?? 0), 0) / 1024;
    expect(Math.abs(product)).toBeLessThan(0.1 * variance);
  });
});

describe("the initial numbers of a net", () => {
  const spec: ModelSpec = {
    layers: [
      { type: "conv2d", filters: 32, kernel: 3, bias: false },
      { type: "batchNorm", activation: "relu" },
      { type: "conv2dTranspose", filters: 16, kernel: 4, strides: 2, activation: "leakyRelu" },
      { type: "flatten" },
      { type: "dense", units: 64 },
    ],
  };
  it("have the spread that keeps activations their size", () => {
    const { params, running } = initialState(spec, [4, 4, 8], randomStream(0, "init"), "net.");
    const spread = (name: string): number => {
      const { data } = params[name] ?? { data: [] };
      return Math.sqrt([...data].reduce((sum, v) => sum + v * v, 0) / data.length);
    };
    expect(spread("net.layers.0.kernel") / Math.sqrt(2 / 72)).toBeCloseTo(1, 1);
    // 16 taps, of which each output sees a quarter, by 32 channels.
    expect(spread("net.layers.2.kernel") / Math.sqrt(2 / 128)).toBeCloseTo(1, 1);
    expect(spread("net.layers.4.kernel") / Math.sqrt(2 / (1024 + 64))).toBeCloseTo(1, 1);
    expect(Object.keys(running)).toEqual(["net.layers.1.mean", "net.layers.1.variance"]);
    expect(params["net.layers.1.gamma"]?.data[0]).toBe(1);
    expect(params["net.layers.4.bias"]?.data[0]).toBe(0);
  });
});

describe("a net in training", () => {
  it("normalises by the batch with the layer's own epsilon, and its running statistics follow", async () => {
    const engine = await openEngine({ backend: "cpu", cpus: 1 });
    const { tf } = engine;
    const spec: ModelSpec = { layers: [{ type: "batchNorm", epsilon: 0.5 }] };
    const initial = initialState(spec, [1], randomStream(0, "init"), "net.");
    const program = engine.program(
      (held, inputs) => {
        const { y, running } = trainForward(tf, spec, held, inputs["x"] as Tensor, "net.");
        return { state: running, outputs: { y } };
      },
      { ...initial.params, ...initial.running },
    );
    const { y } = await program.run({ x: { shape: [3, 1], data: Float32Array.of(1, 3, 5) } });
    // Mean 3, variance 8/3.
    for (const [i, v] of [-2, 0, 2].entries()) expect(y?.data[i]).toBeCloseTo(v / Math.sqrt(8 / 3 + 0.5), 5);
    const state = await program.state();
    expect(state["net.layers.0.mean"]?.data[0]).toBeCloseTo(0.3, 6);
    // Unbiased, 4: 0.9 + 0.4.
    expect(state["net.layers.0.variance"]?.data[0]).toBeCloseTo(1.3, 6);
    engine.dispose();
  });
});

describe("architectures", () => {
  const base = { channels: [4, 8], kernel: 3, strides: [2, 1], width: 10, hidden: [20, 6], layers: [] };
  it.each([
    ["conv", "flatten", 10],
    ["conv", "mean", 10],
    ["mlp", "flatten", 6],
  ] as const)("%s with %s puts out a vector", (kind, pool, features) => {
    expect(modelShapes(encoderLayers({ ...base, kind, pool }, [8, 8, 1]), [8, 8, 1]).output).toEqual([
      features,
    ]);
  });
  it("may be a layer list of the user's", () => {
    const layers = [{ type: "flatten" }, { type: "dense", units: 5 }];
    const spec = encoderLayers({ ...base, kind: "layers", pool: "flatten", layers }, [8, 8, 1]);
    expect(modelShapes(spec, [8, 8, 1]).output).toEqual([5]);
    expect(() => encoderLayers({ ...base, kind: "layers", pool: "flatten" }, [8, 8, 1])).toThrow(
      "list of layers",
    );
  });
});

describe("a probe's parts", () => {
  it("score: accuracy, per class, confusion, standard error", () => {
    const scores = score(Int32Array.of(0, 1, 1, 0), Int32Array.of(0, 1, 0, 0), 3);
    expect(scores).toEqual({
      accuracy: 0.75,
      standardError: Math.sqrt((0.75 * 0.25) / 4),
      perClass: [2 / 3, 1, null],
      confusion: [
        [2, 1, 0],
        [0, 1, 0],
        [0, 0, 0],
      ],
    });
    expect(() => score(Int32Array.of(5), Int32Array.of(0), 3)).toThrow(RangeError);
  });

  it("standardise by the training set alone; a constant feature becomes 0", () => {
    const fit = { width: 2, values: Float64Array.of(1, 7, 3, 7) };
    const other = { width: 2, values: Float64Array.of(5, 9) };
    const [a, b] = standardise([fit, other]);
    expect([...a.values]).toEqual([-1, 0, 1, 0]);
    expect([...b.values]).toEqual([3, 0]);
  });

  it("pick the same number of labels of each class, the fewer among the more", () => {
    const labels = Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 3);
    const images = Uint8Array.from({ length: 60 }, (_, i) => i);
    const all = { count: 60, shape: [1, 1, 1] as const, labels, classes: ["a", "b", "c"] };
    const set = { ...all, pick: picker(images, 1) };
    const pick = (total: number): { readonly labels: Int32Array; readonly images: Uint8Array } => {
      const picked = pickPerClass(set, total, randomStream(0, "labels"));
      return { labels: picked.labels, images: picked.pick(range(0, picked.count)) };
    };
    const nine = pick(9);
    expect([0, 1, 2].map(c => nine.labels.filter(l => l === c).length)).toEqual([3, 3, 3]);
    expect([...nine.images].map(i => labels[i])).toEqual([...nine.labels]);
    const more = new Set(pick(30).images);
    expect([...nine.images].every(i => more.has(i))).toBe(true);
    expect(() => pick(10)).toThrow("write a multiple of 3, such as 9");
    expect(() => pick(63)).toThrow("21 images of 'a'; there are 20");
  });
});
