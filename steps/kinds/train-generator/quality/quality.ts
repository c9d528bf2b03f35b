import type { RandomStream } from "../../../../runner/step-api.js";
import { elementCount } from "../../../formats/arrays.js";
import type { ImageFile } from "../../../artifacts/images.js";
import { permutation } from "../../../training/order.js";
import { frechetDistance, type Gaussian, gaussianOf } from "./frechet.js";
import { pooledPixels } from "./pooled.js";
import { type PrecisionRecall, precisionRecall } from "./precision.js";

/** How far the samples are from images, and whether they lie among them. */
export type Quality = {
  /** Which images: those that the generator never saw, or, where there are none, those that it was trained on. */
  readonly against: "held-out images" | "training images";
  readonly frechetDistance: {
    /** FD of samples and images. */
    readonly fd: number;
    /** FD of those images and as many training images, or other ones: what a perfect generator would get. */
    readonly floor: number;
    /** FD of samples and those training images: well below `fd` where the generator copies a few images. */
    readonly toTraining?: number;
    /** Samples, and images. */
    readonly n: number;
    readonly space: string;
  };
  /** Of the first samples and images, unless there are too few. */
  readonly precisionRecall?: PrecisionRecall & {
    /** Those images and as many training images, or other ones: what a perfect generator would get. */
    readonly ceiling: PrecisionRecall;
    readonly k: number;
    readonly n: number;
    readonly space: string;
  };
};

/** `samples`: uint8 [n, H, W, C]; `data`: what was trained on. The images are drawn by `random`. */
export function sampleQuality(
  samples: Uint8Array,
  { data, heldout }: { readonly data: Images; readonly heldout?: Images | undefined },
  random: RandomStream,
): Quality {
  const n = samples.length / elementCount(data.shape);
  const space = pooledPixels(data.shape);
  const drawn = (from: Images, first: number, at: number): Float64Array =>
    space.features(from.pick(permutation(from.count, random, at).subarray(first, first + n)));
  const made = space.features(samples);
  const [images, others] =
    heldout === undefined
      ? [drawn(data, 0, 0), drawn(data, n, 0)]
      : [drawn(heldout, 0, 1), drawn(data, 0, 0)];
  const [ofImages, ofOthers, ofMade] = [images, others, made].map(rows => gaussianOf(rows, space.width)) as [
    Gaussian,
    Gaussian,
    Gaussian,
  ];
  const frechet = {
    fd: frechetDistance(ofImages, ofMade),
    floor: frechetDistance(ofImages, ofOthers),
    ...(heldout && { toTraining: frechetDistance(ofOthers, ofMade) }),
    ...{ n, space: space.name },
  };
  const against = heldout === undefined ? "training images" : "held-out images";
  const few = Math.min(n, compared);
  if (few <= k) return { against, frechetDistance: frechet };
  const [a, b, c] = [images, others, made].map(rows => rows.subarray(0, few * space.width)) as Three;
  const among = (rows: Float64Array): PrecisionRecall => precisionRecall(a, rows, space.width, k);
  return {
    ...{ against, frechetDistance: frechet },
    precisionRecall: { ...among(c), ceiling: among(b), k, n: few, space: space.name },
  };
}

type Images = Pick<ImageFile, "count" | "shape" | "pick">;
type Three = [Float64Array, Float64Array, Float64Array];

/** As in the paper: the third nearest. */
const k = 3;
/** Their cost grows with the square. */
const compared = 5000;
