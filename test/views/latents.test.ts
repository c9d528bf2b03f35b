import { describe, expect, it } from "@jest/globals";
import { randomStream } from "../../runner/step-api.js";
import {
  drawLatent,
  type LatentLaw,
  transformLatent,
  type TransformOptions,
} from "../../steps/nn/latents.js";

const dim = 2000;
const stream = randomStream(7, "test");

function law(change: Partial<LatentLaw> = {}): LatentLaw {
  return { dim, prior: "normal", truncation: 1, ...change };
}

function anchor(given: LatentLaw): Float32Array {
  const z = new Float32Array(given.dim);
  drawLatent(given, stream.at(0), z);
  return z;
}

function move(given: LatentLaw, z: Float32Array, transform: Partial<TransformOptions>): Float32Array {
  const out = new Float32Array(given.dim);
  const whole = { kind: "gaussian", sigma: 0.5, variancePreserving: false, ...transform } as const;
  transformLatent(given, whole, z, stream.at(1), out);
  return out;
}

const mean = (v: ArrayLike<number>): number => Array.from(v).reduce((a, b) => a + b, 0) / v.length;
const deviation = (v: ArrayLike<number>): number => {
  const centre = mean(v);
  return Math.sqrt(mean(Array.from(v, x => (x - centre) ** 2)));
};
const norm = (v: Float32Array): number => Math.hypot(...v);
const minus = (a: Float32Array, b: Float32Array): Float32Array => a.map((v, i) => v - (b[i] ?? 0));
/** Four standard errors of a standard deviation estimated from `dim` numbers. */
const slack = 4 / Math.sqrt(2 * dim);

describe("anchors", () => {
  it("have the prior's mean and deviation", () => {
    const z = anchor(law());
    expect(Math.abs(mean(z))).toBeLessThan(4 / Math.sqrt(dim));
    expect(Math.abs(deviation(z) - 1)).toBeLessThan(slack);
  });

  it("are cut off at +-2 truncations, with truncnorm(-2, 2)'s deviation", () => {
    const z = anchor(law({ prior: "truncatedNormal", truncation: 0.5 }));
    expect(Math.max(...z.map(Math.abs))).toBeLessThanOrEqual(1);
    // scipy.stats.truncnorm(-2, 2).std() = 0.87962566103423978
    expect(Math.abs(deviation(z) - 0.5 * 0.8796256610342398)).toBeLessThan(slack);
  });
});

describe("T_z", () => {
  it("gaussian is z + sigma e", () => {
    const z = anchor(law());
    const step = minus(move(law(), z, { sigma: 0.3 }), z);
    expect(Math.abs(deviation(step) - 0.3)).toBeLessThan(0.3 * slack);
    // The same draws at twice the sigma go twice as far.
    const far = minus(move(law(), z, { sigma: 0.6 }), z);
    far.forEach((v, i) => expect(v).toBeCloseTo(2 * (step[i] ?? 0), 5));
  });

  it("gaussian steps of a truncated prior are truncated and scaled alike", () => {
    const given = law({ prior: "truncatedNormal", truncation: 0.7 });
    const z = anchor(given);
    const step = minus(move(given, z, { sigma: 0.2 }), z);
    expect(Math.max(...step.map(Math.abs))).toBeLessThanOrEqual(2 * 0.7 * 0.2 + 1e-6);
    expect(Math.abs(deviation(step) - 0.7 * 0.2 * 0.8796256610342398)).toBeLessThan(0.14 * slack);
  });

  it("variance-preserving keeps the prior's variance at every sigma", () => {
    const z = anchor(law());
    for (const sigma of [0.1, 1, 4]) {
      const plain = move(law(), z, { sigma });
      const kept = move(law(), z, { sigma, variancePreserving: true });
      expect(Math.abs(deviation(kept) - 1)).toBeLessThan(slack);
      kept.forEach((v, i) => expect(v).toBeCloseTo((plain[i] ?? 0) / Math.sqrt(1 + sigma ** 2), 5));
    }
  });

  it("angular keeps the length and goes the way of gaussian", () => {
    const z = anchor(law());
    const plain = move(law(), z, { sigma: 2 });
    const turned = move(law(), z, { kind: "angular", sigma: 2 });
    expect(norm(turned)).toBeCloseTo(norm(z), 3);
    const ratio = norm(z) / norm(plain);
    turned.forEach((v, i) => expect(v).toBeCloseTo((plain[i] ?? 0) * ratio, 5));
  });

  it("independent has nothing of z; none is z", () => {
    const z = anchor(law());
    const fresh = move(law(), z, { kind: "independent" });
    const correlation = mean(fresh.map((v, i) => v * (z[i] ?? 0)));
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(dim));
    expect(move(law(), z, { kind: "none" })).toEqual(z);
    expect(move(law(), z, { sigma: 0 })).toEqual(z);
  });
});

describe("a uniform prior", () => {
  const uniform = law({ prior: "uniform", range: [-1, 3] });

  it("fills its ends, about whose middle it is truncated", () => {
    const z = anchor(uniform);
    expect([Math.min(...z) >= -1, Math.max(...z) <= 3]).toEqual([true, true]);
    expect(Math.abs(mean(z) - 1)).toBeLessThan(2 * slack);
    expect(Math.abs(deviation(z) - 4 / Math.sqrt(12))).toBeLessThan(2 * slack);
    const half = anchor({ ...uniform, truncation: 0.5 });
    expect([Math.min(...half) >= 0, Math.max(...half) <= 2]).toEqual([true, true]);
  });

  it("its views stay within the ends and are distributed as it is, at every sigma", () => {
    const z = anchor(uniform);
    for (const sigma of [0.1, 1, 10]) {
      const moved = move(uniform, z, { sigma });
      expect([Math.min(...moved) >= -1, Math.max(...moved) <= 3]).toEqual([true, true]);
      expect(Math.abs(mean(moved) - 1)).toBeLessThan(2 * slack);
      expect(Math.abs(deviation(moved) - 4 / Math.sqrt(12))).toBeLessThan(2 * slack);
    }
  });

  it("has no walks that a normal prior alone gives a meaning", () => {
    const z = anchor(uniform);
    expect(() => move(uniform, z, { kind: "angular" })).toThrow("normal priors");
    expect(() => move(uniform, z, { variancePreserving: true })).toThrow("normal priors");
  });
});
