import { describe, expect, it } from "@jest/globals";
import { randomStream } from "../../runner/step-api.js";
import { symmetricEigen } from "../../steps/kinds/train-generator/quality/eigen.js";
import { frechetDistance, gaussianOf } from "../../steps/kinds/train-generator/quality/frechet.js";
import { pooledPixels } from "../../steps/kinds/train-generator/quality/pooled.js";
import { sampleQuality } from "../../steps/kinds/train-generator/quality/quality.js";
import { fixtureJson } from "../rig/fixtures.js";
import { picker } from "./data.js";

describe("the Frechet distance", () => {
  it("is what SciPy makes of the same vectors", () => {
    const { a, b, fd } = (fixtureJson("training/expected.json") as Expected).frechet;
    const of = (rows: readonly (readonly number[])[]): ReturnType<typeof gaussianOf> =>
      gaussianOf(Float64Array.from(rows.flat()), 4);
    expect(frechetDistance(of(a), of(b))).toBeCloseTo(fd, 8);
    expect(frechetDistance(of(b), of(a))).toBeCloseTo(fd, 8);
  });

  it("is, of Gaussians with diagonal covariances, a sum over the axes", () => {
    const a = { mean: Float64Array.of(0, 1), covariance: Float64Array.of(4, 0, 0, 9) };
    const b = { mean: Float64Array.of(2, 1), covariance: Float64Array.of(1, 0, 0, 25) };
    expect(frechetDistance(a, b)).toBeCloseTo(4 + (2 - 1) ** 2 + (3 - 5) ** 2, 12);
  });

  it("is 0 between equals, with a singular covariance too", () => {
    const flat = gaussianOf(Float64Array.of(1, 0, 2, 0, 4, 0), 2);
    expect(frechetDistance(flat, flat)).toBeCloseTo(0, 12);
  });
});

describe("the eigenvalues of a symmetric matrix", () => {
  it("put it together again: A = V diag(w) V^T, V^T V = I", () => {
    const d = 12;
    const draws = randomStream(0, "matrix").at(0);
    const a = new Float64Array(d * d);
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) a[i * d + j] = a[j * d + i] = draws.normal();
    const { values, vectors } = symmetricEigen(a, d);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) {
        let [whole, unit] = [0, 0];
        for (let e = 0; e < d; e++) {
          whole += (values[e] ?? 0) * (vectors[i * d + e] ?? 0) * (vectors[j * d + e] ?? 0);
          unit += (vectors[e * d + i] ?? 0) * (vectors[e * d + j] ?? 0);
        }
        expect(whole).toBeCloseTo(a[i * d + j] ?? NaN, 10);
        expect(unit).toBeCloseTo(i === j ? 1 : 0, 10);
      }
  });
});

describe("pooled pixels", () => {
  it("are the cells' means, channel by channel", () => {
    const space = pooledPixels([8, 16, 1]);
    const image = Uint8Array.from({ length: 128 }, (_, i) => i);
    expect(space).toMatchObject({ width: 64, name: "pixels averaged over 8 x 8 cells" });
    // Cell (1, 2): row 1, columns 4 and 5.
    expect(space.features(image)[8 + 2]).toBeCloseTo((16 + 4 + (16 + 5)) / 2 / 255, 12);
  });

  it("take 28 x 28 to 7 x 7 and a prime side to 8 unequal cells, without losing a pixel", () => {
    expect(pooledPixels([28, 28, 3]).width).toBe(147);
    const white = new Uint8Array(13 * 5).fill(255);
    const space = pooledPixels([13, 5, 1]);
    expect(space.width).toBe(40);
    expect([...space.features(white)].every(v => Math.abs(v - 1) < 1e-12)).toBe(true);
  });
});

describe("sample quality", () => {
  it("is near its floor for samples of the data, and far above it for others", () => {
    const draws = randomStream(3, "pixels").at(0);
    const images = Uint8Array.from({ length: 400 * 64 }, () => draws.below(256));
    const data = { count: 400, shape: [8, 8, 1] as const, pick: picker(images, 64) };
    const same = sampleQuality(images.slice(0, 200 * 64), { data }, randomStream(0, "quality"));
    const dark = sampleQuality(new Uint8Array(200 * 64), { data }, randomStream(0, "quality"));
    expect(same.frechetDistance.n).toBe(200);
    expect(same.frechetDistance.fd).toBeLessThan(2 * same.frechetDistance.floor + 1e-9);
    expect(dark.frechetDistance.fd).toBeGreaterThan(10 * dark.frechetDistance.floor);
    expect(same.precisionRecall?.precision).toBeGreaterThan(0.5);
    expect(dark.precisionRecall).toMatchObject({ precision: 0, recall: 0, k: 3, n: 200 });
  });
});

interface Expected {
  readonly frechet: {
    readonly a: readonly (readonly number[])[];
    readonly b: readonly (readonly number[])[];
    readonly fd: number;
  };
}
