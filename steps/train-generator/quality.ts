import type { RandomStream } from "../../runner/step-api.js";
import { elementCount } from "../lib/arrays.js";
import type { ImageFile } from "../lib/images.js";
import { permutation } from "../training/order.js";
import { frechetDistance, gaussianOf } from "./frechet.js";
import { pooledPixels } from "./pooled.js";
import { type PrecisionRecall, precisionRecall } from "./precision.js";

/** How far the samples are from the data, and whether they lie among it. */
export type Quality = {
  readonly frechetDistance: {
    /** FD of samples and images. */
    readonly fd: number;
    /** FD of those images and as many others of the same data: what a perfect generator would get. */
    readonly floor: number;
    /** Samples, and images. */
    readonly n: number;
    readonly space: string;
  };
  /** Of the first samples and images, unless there are too few. */
  readonly precisionRecall?: PrecisionRecall & {
    /** Those images and as many others: what a perfect generator would get. */
    readonly ceiling: PrecisionRecall;
    readonly k: number;
    readonly n: number;
    readonly space: string;
  };
};

/** `samples`: uint8 [n, H, W, C]; the images are drawn from the data by `random`. */
export function sampleQuality(
  samples: Uint8Array,
  data: Pick<ImageFile, "count" | "shape" | "pick">,
  random: RandomStream,
): Quality {
  const n = samples.length / elementCount(data.shape);
  const space = pooledPixels(data.shape);
  const order = permutation(data.count, random, 0);
  const real = (from: number): Float64Array => space.features(data.pick(order.subarray(from, from + n)));
  const [images, others, made] = [real(0), real(n), space.features(samples)];
  const gaussian = gaussianOf(images, space.width);
  const frechet = {
    fd: frechetDistance(gaussian, gaussianOf(made, space.width)),
    floor: frechetDistance(gaussian, gaussianOf(others, space.width)),
    ...{ n, space: space.name },
  };
  const few = Math.min(n, compared);
  if (few <= k) return { frechetDistance: frechet };
  const [a, b, c] = [images, others, made].map(rows => rows.subarray(0, few * space.width)) as Three;
  const among = (rows: Float64Array): PrecisionRecall => precisionRecall(a, rows, space.width, k);
  return {
    frechetDistance: frechet,
    precisionRecall: { ...among(c), ceiling: among(b), k, n: few, space: space.name },
  };
}

type Three = [Float64Array, Float64Array, Float64Array];

/** As in the paper: the third nearest. */
const k = 3;
/** Their cost grows with the square. */
const compared = 5000;
