import type { JsonObject, RandomStream } from "../../../runner/step-api.js";
import { elementCount } from "../../formats/arrays.js";
import { makeAugment } from "../../nn/augment.js";
import type { AugmentOptions, Augmentation } from "../../nn/augment-options.js";
import { openImages } from "../../artifacts/images.js";
import { openViews } from "../../artifacts/views.js";
import type { ImageShape } from "../../artifacts/image-batch.js";
import { makeNoise } from "../../training/noise.js";

/** Where positive views come from. The pictures stay on the disk. */
export interface ViewSource {
  readonly kind: "generated views" | "real images";
  /** Anchors: latents, or real images. */
  readonly count: number;
  readonly shape: ImageShape;
  /** Stored views of each anchor; 1 for real images. */
  readonly stored: number;
  /** [count], the class of each anchor, where it is known. */
  readonly labels?: Int32Array;
  /** The pictures of these numbers, one after another, uint8; stored view s of anchor i is number i * stored + s. */
  readonly pick: (indices: ArrayLike<number>) => Uint8Array;
}

/**
 * Opens the one of the inputs `views` (made by a generator: v1 = G(z), v2 = G(T_z(z)), ...) and `images` (real ones,
 * each the only stored view of itself) that is given. Throws unless exactly one is.
 */
export async function openSource(inputs: Readonly<Record<string, string>>): Promise<ViewSource> {
  const { views, images } = inputs;
  if ((views === undefined) === (images === undefined))
    throw new Error("give exactly one of the inputs 'views' (generated) and 'images' (real)");
  if (views !== undefined) {
    const { anchors, views: stored, shape, labels, pick } = await openViews(views);
    return { kind: "generated views", count: anchors, stored, shape, ...(labels && { labels }), pick };
  }
  const { count, shape, labels, pick } = await openImages(images ?? "");
  return { kind: "real images", count, stored: 1, shape, ...(labels && { labels }), pick };
}

export interface ViewOptions {
  readonly views: number;
  readonly augment: AugmentOptions & JsonObject;
  readonly noise: number;
}

/**
 * Makes the views of a batch: float32 [views * anchors.length, H, W, C], row v * anchors.length + i is view v of
 * anchor i. Each is T_x of a stored view, plus noise: of `views` different stored ones where there are as many,
 * else of the same one each time. A pure function of (random, update, anchors), so the order in which updates are
 * computed, and what was computed before, change nothing.
 */
export function viewMaker(
  source: ViewSource,
  { views, augment, noise }: ViewOptions,
  random: (stream: string) => RandomStream,
  augmentations: Readonly<Record<string, Augmentation>> = {},
): (update: number, anchors: Int32Array) => Float32Array<ArrayBuffer> {
  const { stored, shape } = source;
  if (stored > 1 && stored < views)
    throw new Error(`with.views is ${views}, but there are ${stored} stored views of each anchor`);
  const transform = makeAugment(augment, shape);
  const more = Object.entries(augmentations).flatMap(([name, augmentation]) =>
    augment[name] === undefined ? [] : [augmentation.make(augment[name], shape)],
  );
  const addNoise = makeNoise(noise, random("noise table"));
  const changes = random("augment");
  const choices = random("choice of views");
  const size = elementCount(shape);
  return (update, anchors) => {
    const rows = views * anchors.length;
    const wanted = new Int32Array(rows);
    for (const [i, anchor] of anchors.entries()) {
      const chosen = choose(stored, views, choices, update * anchors.length + i);
      for (let v = 0; v < views; v++) wanted[i * views + v] = anchor * stored + (chosen[v] ?? 0);
    }
    const pictures = source.pick(wanted);
    const out = new Float32Array(rows * size);
    for (let from = 0; from < rows; from++) {
      const row = (from % views) * anchors.length + Math.floor(from / views);
      const draws = changes.at(update * rows + row);
      transform(pictures, from * size, out, row * size, draws);
      for (const change of more) change(out.subarray(row * size, (row + 1) * size), draws);
      addNoise(out, row * size, (row + 1) * size, draws);
    }
    return out;
  };
}

/** Which stored views to take: all in order, or a random few without repeats, or the only one again and again. */
function choose(stored: number, views: number, random: RandomStream, at: number): readonly number[] {
  const all = Array.from({ length: Math.max(stored, views) }, (_, v) => v % stored);
  if (stored <= views) return all;
  const draws = random.at(at);
  for (let v = 0; v < views; v++) {
    const other = v + draws.below(stored - v);
    [all[v], all[other]] = [all[other] ?? 0, all[v] ?? 0];
  }
  return all.slice(0, views);
}
