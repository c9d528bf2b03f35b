import type { LayerTypes } from "../nn/layers/layer.js";
import type { StepContext } from "../../runner/step-api.js";
import { encodedFeatures, type Features, type Images } from "../artifacts/features.js";
import { readEncoder } from "../artifacts/encoder.js";

/**
 * Records the metric `featureStd` of a trained encoder, and logs when its representation has collapsed: when it maps
 * all images to nearly one direction, whatever its loss. Of `images` those that lie evenly apart are taken.
 */
export async function recordFeatureStd(
  ctx: Pick<StepContext, "device" | "signal" | "metric" | "log">,
  folder: string,
  images: Images,
  layers?: LayerTypes,
): Promise<void> {
  const [features] = await encodedFeatures(
    await readEncoder(folder, undefined, layers),
    [spread(images)],
    ctx.device,
    ctx.signal,
  );
  if (features === undefined) throw new Error("Internal error: features of one set.");
  const std = featureStd(features);
  ctx.metric("featureStd", std);
  const full = 1 / Math.sqrt(features.width);
  if (std < collapsed * full)
    ctx.log(
      `the representation has collapsed: images differ by a standard deviation of ${std.toPrecision(2)} a feature on ` +
        `the unit sphere, of at most ${full.toPrecision(2)} (Chen & He 2021); a smaller 'lr' or stronger T_x may help`,
    );
}

/**
 * The mean over features of the standard deviation of feature vectors of length 1 (Chen & He, "Exploring Simple
 * Siamese Representation Learning", CVPR 2021, section 4.1): 1 / sqrt(width) where directions are spread evenly
 * around 0, less where features are never negative, and 0 where all vectors point one way. A vector of zeros stays
 * one. Its square times the width is at most 1 - |mean direction|^2.
 */
export function featureStd({ width, values }: Features): number {
  const rows = values.length / width;
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let r = 0; r < rows; r++) {
    const own = values.subarray(r * width, (r + 1) * width);
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) continue;
    for (let d = 0; d < width; d++) {
      const value = (own[d] ?? 0) / length;
      sums[d] = (sums[d] ?? 0) + value;
      squares[d] = (squares[d] ?? 0) + value * value;
    }
  }
  let total = 0;
  for (let d = 0; d < width; d++)
    total += Math.sqrt(Math.max(0, (squares[d] ?? 0) / rows - ((sums[d] ?? 0) / rows) ** 2));
  return total / width;
}

/** At most 512 of the images, evenly apart: neighbours in a data set may be of one class. */
function spread({ count, shape, pick }: Images): Images {
  const wanted = Math.min(512, count);
  const at = (i: number): number => Math.floor((i * count) / wanted);
  return { count: wanted, shape, pick: indices => pick(Array.from(indices, at)) };
}

/** Of 1 / sqrt(width): below this the mean cosine of two images' features is above 0.99. */
const collapsed = 0.1;
