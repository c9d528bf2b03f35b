/** Objectives of contrastive training, held against PyTorch: values and gradients. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Scalar, type Tensor2D } from "../../steps/engine/index.js";
import { alignmentUniformity } from "../../steps/nn/losses/alignment.js";
import { labelTargets, multiPositive } from "../../steps/nn/losses/contrastive.js";
import { fixtureJson } from "../rig/fixtures.js";

interface Case {
  readonly value: number;
  readonly gradient: readonly number[];
}
interface Expected {
  readonly views: number;
  readonly labels: readonly number[];
  readonly z: readonly (readonly number[])[];
  readonly supcon: readonly (Case & { readonly temperature: number })[];
  readonly alignmentUniformity: readonly (Case & { readonly t: number; readonly weight: number })[];
}

const { views, labels, z, ...cases } = fixtureJson("losses/expected.json") as Expected;

describe("the objectives", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());

  const check = (loss: (z: Tensor2D) => Scalar, { value, gradient }: Case): void => {
    const found = engine.tf.valueAndGrad(x => loss(x as Tensor2D))(
      engine.tf.tensor2d(z.map(row => [...row])),
    );
    expect(found.value.dataSync()[0]).toBeCloseTo(value, 4);
    for (const [i, slope] of found.grad.dataSync().entries())
      expect(slope).toBeCloseTo(gradient[i] ?? NaN, 4);
  };

  it.each(cases.supcon)("SupCon at temperature $temperature is PyTorch's", ({ temperature, ...expected }) => {
    const { tf } = engine;
    check(x => multiPositive(tf, x, labelTargets(tf, tf.tensor1d([...labels])), temperature), expected);
  });

  it.each(cases.alignmentUniformity)(
    "alignment + $weight uniformity at t $t is PyTorch's",
    ({ t, weight, ...expected }) => {
      check(x => alignmentUniformity(engine.tf, x, views, { t, weight }), expected);
    },
  );

  it("a label that no other row has takes no part; with no pairs at all nothing is learned", () => {
    const { tf } = engine;
    const targets = (...labels: number[]) => [...labelTargets(tf, tf.tensor1d([...labels])).dataSync()];
    expect(targets(7, 8, 8)).toEqual([0, 0, 0, 0, 0, 1, 0, 1, 0]);
    expect(targets(1, 2)).toEqual([0, 0, 0, 0]);
  });

  it("alignment and uniformity refuse what is no pairs", () => {
    const { tf } = engine;
    const options = { t: 2, weight: 1 };
    expect(() => alignmentUniformity(tf, tf.zeros([4, 2]), 1, options)).toThrow(RangeError);
    expect(() => alignmentUniformity(tf, tf.zeros([2, 2]), 2, options)).toThrow(RangeError);
    expect(() => alignmentUniformity(tf, tf.zeros([5, 2]), 2, options)).toThrow(RangeError);
  });
});
