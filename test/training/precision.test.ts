import { describe, expect, it } from "@jest/globals";
import { randomStream } from "../../runner/step-api.js";
import { precisionRecall } from "../../steps/kinds/train-generator/quality/precision.js";

const d = 3;
const k = 3;

function cloud(n: number, seed: number, scale = 1, shift = 0): Float64Array {
  const draws = randomStream(seed, "cloud").at(0);
  return Float64Array.from({ length: n * d }, () => shift + scale * draws.normal());
}

/** The paper's equations, word by word. */
function naive(set: Float64Array, queries: Float64Array): number {
  const rows = (flat: Float64Array): number[][] =>
    Array.from({ length: flat.length / d }, (_, i) => Array.from(flat.subarray(i * d, (i + 1) * d)));
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((v, i) => v - (b[i] ?? NaN)));
  const members = rows(set).map(member => {
    const others = rows(set).map(other => distance(member, other));
    // The first is the member itself.
    return { member, reach: others.sort((a, b) => a - b)[k] ?? NaN };
  });
  const inside = rows(queries).filter(query =>
    members.some(({ member, reach }) => distance(query, member) <= reach),
  );
  return inside.length / rows(queries).length;
}

describe("precision and recall", () => {
  it("are their formulas", () => {
    const [images, samples] = [cloud(80, 1), cloud(60, 2, 1.4, 0.5)];
    expect(precisionRecall(images, samples, d, k)).toEqual({
      precision: naive(images, samples),
      recall: naive(samples, images),
    });
  });

  it("see samples that are typical but alike, and samples that are strange", () => {
    const images = cloud(300, 1);
    const alike = precisionRecall(images, cloud(300, 2, 0.3), d, k);
    expect(alike.precision).toBeGreaterThan(0.95);
    expect(alike.recall).toBeLessThan(0.3);
    expect(precisionRecall(images, cloud(300, 3, 0.3, 20), d, k)).toEqual({ precision: 0, recall: 0 });
    expect(precisionRecall(images, images, d, k)).toEqual({ precision: 1, recall: 1 });
  });

  it("need more than k of each", () => {
    expect(() => precisionRecall(cloud(3, 1), cloud(9, 2), d, k)).toThrow("the 3 nearest of 2 others");
  });
});
