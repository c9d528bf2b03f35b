import type { Draws } from "../../runner/step-api.js";

/**
 * The distribution that each number of z was drawn from in training: N(0, 1); N(0, 1) cut off at +-2 (Brock et al. 2019);
 * or uniform between two ends, -1 and 1 unless others are stated (Radford et al. 2016).
 */
export const PRIORS = ["normal", "truncatedNormal", "uniform"] as const;
export type Prior = (typeof PRIORS)[number];

/**
 * The distribution of anchors: z = truncation * e, each coordinate of e by `prior`, independently. A uniform prior is drawn
 * together about its middle: z = m + truncation * (e - m).
 */
export interface LatentLaw {
  readonly dim: number;
  /** `truncatedNormal`: N(0, 1) cut off at +-2 (scipy's truncnorm(-2, 2)), as for BigGAN (Brock et al. 2019). */
  readonly prior: Prior;
  readonly truncation: number;
  /** Ends of a uniform prior; -1 and 1 by default. */
  readonly range?: readonly [low: number, high: number];
}

/** T_z: how the latent of a further view comes from the anchor's (Jahanian et al. 2022, section 3). */
export type TransformOptions = {
  readonly kind: "gaussian" | "angular" | "independent" | "none";
  /** Size of the step, in units of the prior's standard deviation. */
  readonly sigma: number;
  readonly variancePreserving: boolean;
};

/** An anchor: writes z [dim] to `out`. */
export function drawLatent(law: LatentLaw, draws: Draws, out: Float32Array): void {
  const middle = middleOf(law);
  for (let i = 0; i < law.dim; i++) out[i] = middle + law.truncation * unit(law, draws);
}

/**
 * T_z(z), with e a fresh draw of the prior and t the truncation:
 * - gaussian: z + t sigma e (paper); variance-preserving: (z + t sigma e) / sqrt(1 + sigma^2), which has the prior's
 *   variance at every sigma;
 * - angular: |z| (z + t sigma e) / |z + t sigma e|: the direction alone changes. For the normal prior the result is
 *   again distributed exactly as the prior. (The authors' script takes both norms over the whole batch, so that it
 *   is close to the variance-preserving walk; here they are those of the vector.)
 * - independent: a fresh anchor, the limit of sigma -> infinity; - none: z itself, so that T_x alone makes views.
 * A uniform prior has ends, beyond which G was never trained: there, e is uniform about 0, and what a gaussian walk
 * takes beyond an end is reflected at it. The steps being symmetric, the views are again distributed as the prior, so there
 * is nothing to preserve, and the length of z means nothing: angular and variance-preserving walks are refused.
 */
export function transformLatent(
  law: LatentLaw,
  transform: TransformOptions,
  z: Float32Array,
  draws: Draws,
  out: Float32Array,
): void {
  const { kind, sigma, variancePreserving } = transform;
  if (kind === "none") out.set(z);
  else if (kind === "independent") drawLatent(law, draws, out);
  else if (law.prior === "uniform") {
    if (kind === "angular" || variancePreserving)
      throw new RangeError(
        `transform: ${kind === "angular" ? "kind: angular" : "variancePreserving: true"} is for normal priors; this ` +
          "generator's is uniform: take kind: gaussian, whose views keep the prior's distribution there",
      );
    for (let i = 0; i < z.length; i++)
      out[i] = reflected(law, (z[i] ?? 0) + law.truncation * sigma * unit(law, draws));
  } else {
    const moved = Float64Array.from(z, value => value + law.truncation * sigma * unit(law, draws));
    const scale =
      kind === "angular" ? norm(z) / norm(moved) : variancePreserving ? 1 / Math.sqrt(1 + sigma * sigma) : 1;
    for (let i = 0; i < moved.length; i++) out[i] = (moved[i] ?? 0) * scale;
  }
}

/** A draw of the prior about its middle. */
function unit(law: LatentLaw, draws: Draws): number {
  const { prior } = law;
  if (prior === "uniform") return 2 * halfOf(law) * (draws.uniform() - 0.5);
  let value = draws.normal();
  // Rejection is exact; 95 % of the draws pass.
  if (prior === "truncatedNormal") while (Math.abs(value) > 2) value = draws.normal();
  return value;
}

function middleOf({ prior, range: [low, high] = [-1, 1] }: LatentLaw): number {
  return prior === "uniform" ? (low + high) / 2 : 0;
}

function halfOf({ range: [low, high] = [-1, 1] }: LatentLaw): number {
  return (high - low) / 2;
}

/** A number within the ends that the truncation leaves, folded back at them as often as need be. */
function reflected(law: LatentLaw, value: number): number {
  const half = law.truncation * halfOf(law);
  const middle = middleOf(law);
  const period = 4 * half;
  const along = (((value - middle + half) % period) + period) % period;
  return middle - half + (along > 2 * half ? period - along : along);
}

function norm(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
