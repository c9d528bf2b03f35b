import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Tensor2D } from "../../steps/engine/index.js";
import { labelTargets, multiPositive, ntXent } from "../../steps/nn/losses/contrastive.js";
import { gradientError, numbers, tensor } from "../engine/rig.js";

/** Rows of a flat array. */
function rowsOf(data: Float32Array, width: number): number[][] {
  return Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data.slice(i * width, (i + 1) * width)),
  );
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((s, v, i) => s + v * (y[i] ?? NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Chen et al., eq. 1, averaged over positive pairs: `positives(i)` are the rows that belong with row i. */
function naive(z: number[][], positives: (i: number) => number[], temperature: number): number {
  let total = 0;
  z.forEach((zi, i) => {
    const pairs = positives(i);
    for (const j of pairs) {
      let sum = 0;
      z.forEach((zk, k) => {
        if (k !== i) sum += Math.exp(cosine(zi, zk) / temperature);
      });
      total -= Math.log(Math.exp(cosine(zi, z[j] ?? []) / temperature) / sum) / pairs.length;
    }
  });
  return total / z.length;
}

describe("contrastive losses", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());
  const latents = (rows: number): Tensor2D => tensor(engine.tf, [rows, 5], 3) as Tensor2D;

  it.each([
    [2, 6, 0.5],
    [2, 4, 0.1],
    [2, 1, 0.5],
    [3, 4, 0.2],
    [4, 2, 0.5],
  ])("NT-Xent of %i views of %i anchors at temperature %d is the paper's", (views, anchors, temperature) => {
    const rows = views * anchors;
    const positives = (i: number): number[] =>
      Array.from({ length: rows }, (_, j) => j).filter(j => j !== i && j % anchors === i % anchors);
    const expected = naive(rowsOf(numbers(rows * 5, 3), 5), positives, temperature);
    const actual = ntXent(engine.tf, latents(rows), views, temperature).dataSync()[0];
    expect(actual).toBeCloseTo(expected, 4);
  });

  it("takes labels for views (SupCon)", () => {
    const labels = [0, 1, 1, 0, 2, 0];
    const positives = (i: number): number[] =>
      [...labels.keys()].filter(j => j !== i && labels[j] === labels[i]);
    const targets = labelTargets(engine.tf, engine.tf.tensor1d(labels));
    const actual = multiPositive(engine.tf, latents(6), targets, 0.3).dataSync()[0];
    expect(actual).toBeCloseTo(naive(rowsOf(numbers(30, 3), 5), positives, 0.3), 4);
  });

  it.each([2, 4])("has the gradient of its value with %i views", views => {
    const { tf } = engine;
    const error = tf.tidy(() =>
      gradientError(tf, [latents(8)], (_, z) => ntXent(tf, z as Tensor2D, views, 0.5)),
    );
    expect(error).toBeLessThan(2e-3);
  });

  it("survives a latent of zeros", () => {
    const { tf } = engine;
    const z = tf.zeros([4, 3]);
    const [gradient] = tf.grads(x => ntXent(tf, x as Tensor2D, 2, 0.1))([z]);
    expect(Array.from(gradient?.dataSync() ?? []).every(Number.isFinite)).toBe(true);
  });

  it("refuses rows that are no whole views", () => {
    expect(() => ntXent(engine.tf, latents(5), 2, 0.5)).toThrow(RangeError);
    expect(() => ntXent(engine.tf, latents(4), 1, 0.5)).toThrow(RangeError);
  });
});
