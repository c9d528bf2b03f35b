/**
 * A program: runs `train-contrastive` itself, with all that it reads and makes: 256 pairs of augmented views an update, of
 * 4,096 made-up images on the disk. It trains some updates, says how it runs, and waits; for every line that it reads, it
 * goes on for as many and tells the milliseconds of each in the mean; in the end, which share of the time it waited for
 * data. Usage: node kind-worker.js BACKEND conv|mlp UPDATES FOLDER
 */
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { randomStream, type StepContext } from "../../runner/step-api.js";
import { writeImages } from "../../steps/artifacts/images.js";
import type { ContrastiveOptions } from "../../steps/kinds/train-contrastive/contrastive-options.js";
import { trainContrastive } from "../../steps/kinds/train-contrastive/run.js";
import { ROUNDS } from "./race.js";

const [backend = "", net = "", each = "", folder = ""] = process.argv.slice(2);
const COUNT = 4096;
const updates = Number(each);

const draws = randomStream(0, "images").at(0);
await writeImages(join(folder, "images"), {
  count: COUNT,
  shape: [28, 28, 1],
  images: Uint8Array.from({ length: COUNT * 28 * 28 }, () => draws.below(256)),
  labels: new Int32Array(COUNT),
  classes: ["noise"],
  facts: { dataset: "noise", licence: "none" },
});

const options: ContrastiveOptions = {
  encoder: {
    kind: net === "conv" ? "conv" : "mlp",
    ...{ channels: [32, 64, 128], kernel: 3, strides: [1, 2, 2], pool: "mean", width: 0 },
    ...{ hidden: [512, 512], batchNorm: net === "conv", layers: [] },
  },
  head: net === "conv" ? [128, 64] : [128],
  temperature: 0.5,
  // One turn to warm up, those of the race, and a last update that nobody measures.
  updates: updates * (1 + ROUNDS) + 1,
  batch: 256,
  views: 2,
  augment: { crop: { scale: [0.4, 1] }, flip: 0.5, brightness: 0.4, contrast: 0.4 },
  noise: 0.05,
  optimiser: { kind: "adam", lr: 1e-3, schedule: "cosine", warmup: 0, momentum: 0, weightDecay: 0 },
  // The training asks to keep a checkpoint where a turn ends. None is kept: it is held up until the next turn.
  checkpoint: updates,
  seed: 0,
};

const tell = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const log: string[] = [];
let worked = 0;
let started = performance.now();
let warm = false;
async function turn(): Promise<string> {
  const took = performance.now() - started;
  worked += took / 1000;
  tell(warm ? [took / updates] : { how: "train-contrastive: reads, augments, trains", version: "" });
  warm = true;
  await lines.next();
  started = performance.now();
  return "";
}

const output = join(folder, "encoder");
await mkdir(output, { recursive: true });
const ctx: StepContext<ContrastiveOptions> = {
  with: options,
  inputs: { images: join(folder, "images") },
  gathered: {},
  outputs: { encoder: output },
  device: { backend, cpus: availableParallelism(), gpus: [] },
  progress: () => undefined,
  metric: () => undefined,
  part: turn,
  parts: keys => Promise.all(keys.map(turn)),
  findPart: () => Promise.resolve(undefined),
  signal: new AbortController().signal,
  log: line => void log.push(line),
  random: stream => randomStream(0, stream),
};
await trainContrastive(ctx);
// Of the time in which it was not held up.
const [, waited] = /, ([\d.]+) s \([^)]+\) waiting for data; (.*)$/.exec(log.at(-1) ?? "") ?? [];
tell({ waitingForData: `${((100 * Number(waited)) / worked).toFixed(2)} %` });
process.exit(0);
