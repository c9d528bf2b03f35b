/**
 * The thread that prepares the batches of a training: `pixels` [views * anchors, H, W, C], see `viewMaker`, and, where
 * labels take part, `labels` [views * anchors], the class of each row.
 */
import { workerData } from "node:worker_threads";
import { randomStream, type RandomStream } from "../../../runner/step-api.js";
import { batchOrder } from "../../training/order.js";
import { serveBatches } from "../../training/serve.js";
import { openSource, viewMaker, type ViewOptions } from "./view-source.js";

export interface BatchOptions extends ViewOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly batch: number;
  readonly seed: number;
  /** All views of all anchors of a class belong together. */
  readonly labelled: boolean;
}

const { inputs, batch, seed, labelled, ...options } = workerData as BatchOptions;
const source = await openSource(inputs);
const random = (stream: string): RandomStream => randomStream(seed, stream);
const anchorsOf = batchOrder(source.count, batch, random("order"));
const viewsOf = viewMaker(source, options, random);
const rows = batch * options.views;
const shape = [rows, ...source.shape];
serveBatches(update => {
  const anchors = anchorsOf(update);
  const pixels = { shape, data: viewsOf(update, anchors) };
  if (!labelled) return { pixels };
  const labels = Float32Array.from(
    { length: rows },
    (_, i) => source.labels?.[anchors[i % batch] ?? 0] ?? -1,
  );
  return { pixels, labels: { shape: [rows], data: labels } };
});
