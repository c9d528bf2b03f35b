import { randomStream, type RandomStream } from "../../../runner/step-api.js";
import type { Augmentation } from "../../nn/augment-options.js";
import { batchOrder } from "../../training/order.js";
import type { Batch } from "../../training/feed.js";
import { type ViewOptions, type ViewSource, viewMaker } from "./view-source.js";

export interface BatchOptions extends ViewOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly batch: number;
  readonly seed: number;
  /** The loss takes the classes of the rows. */
  readonly labelled: boolean;
}

/**
 * Makes the batch of an update: `pixels` [views * anchors, H, W, C], see `viewMaker`, and, where labels take part,
 * `labels` [views * anchors], the class of each row.
 */
export function batchMaker(
  source: ViewSource,
  { batch, seed, labelled, ...options }: BatchOptions,
  augmentations?: Readonly<Record<string, Augmentation>>,
): (update: number) => Batch {
  const random = (stream: string): RandomStream => randomStream(seed, stream);
  const anchorsOf = batchOrder(source.count, batch, random("order"));
  const viewsOf = viewMaker(source, options, random, augmentations);
  const rows = batch * options.views;
  const shape = [rows, ...source.shape];
  return update => {
    const anchors = anchorsOf(update);
    const pixels = { shape, data: viewsOf(update, anchors) };
    if (!labelled) return { pixels };
    const labels = Float32Array.from(
      { length: rows },
      (_, i) => source.labels?.[anchors[i % batch] ?? 0] ?? -1,
    );
    return { pixels, labels: { shape: [rows], data: labels } };
  };
}
