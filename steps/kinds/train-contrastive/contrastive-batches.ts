/** The thread that prepares the batches of a training. */
import { workerData } from "node:worker_threads";
import { serveBatches } from "../../training/feed.js";
import { type BatchOptions, batchMaker } from "./batch-maker.js";
import { openSource } from "./view-source.js";

const options = workerData as BatchOptions;
serveBatches(batchMaker(await openSource(options.inputs), options));
