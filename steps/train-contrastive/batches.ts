/** The thread that prepares the batches of a training: `pixels` [views * anchors, H, W, C], see `viewMaker`. */
import { workerData } from "node:worker_threads";
import { randomStream, type RandomStream } from "../../runner/step-api.js";
import { batchOrder } from "../training/order.js";
import { serveBatches } from "../training/serve.js";
import { openSource, viewMaker, type ViewOptions } from "./views.js";

export interface BatchOptions extends ViewOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly batch: number;
  readonly seed: number;
}

const { inputs, batch, seed, ...options } = workerData as BatchOptions;
const source = await openSource(inputs);
const random = (stream: string): RandomStream => randomStream(seed, stream);
const anchorsOf = batchOrder(source.count, batch, random("order"));
const viewsOf = viewMaker(source, options, random);
const shape = [batch * options.views, ...source.shape];
serveBatches(update => ({ pixels: { shape, data: viewsOf(update, anchorsOf(update)) } }));
