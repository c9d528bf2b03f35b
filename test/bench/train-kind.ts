/**
 * A program: runs `train-contrastive` on 4,096 made-up images, 256 pairs of augmented views an update, and prints the line of
 * its log that tells the speed and how long it waited for data. Usage: node train-kind.js BACKEND conv|mlp FOLDER
 */
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { randomStream, type StepContext } from "../../runner/step-api.js";
import { writeImages } from "../../steps/lib/images.js";
import type { ContrastiveOptions } from "../../steps/train-contrastive/options.js";
import { trainContrastive } from "../../steps/train-contrastive/run.js";

const [backend = "", net = "", folder = ""] = process.argv.slice(2);
const COUNT = 4096;

const draws = randomStream(0, "images").at(0);
await writeImages(join(folder, "images"), {
  count: COUNT,
  shape: [28, 28, 1],
  images: Uint8Array.from({ length: COUNT * 28 * 28 }, () => draws.below(256)),
  labels: new Int32Array(COUNT),
  classes: ["noise"],
  facts: { dataset: "noise", licence: "none" },
});

const conv = net === "conv";
const options: ContrastiveOptions = {
  encoder: {
    kind: conv ? "conv" : "mlp",
    ...{ channels: [32, 64, 128], kernel: 3, strides: [1, 2, 2], pool: "mean", width: 0 },
    ...{ hidden: [512, 512], layers: [] },
  },
  head: conv ? [128, 64] : [128],
  temperature: 0.5,
  updates: backend === "onnx" ? (conv ? 60 : 300) : conv ? 12 : 60,
  batch: 256,
  views: 2,
  augment: { crop: { scale: [0.4, 1] }, flip: 0.5, brightness: 0.4, contrast: 0.4 },
  noise: 0.05,
  optimiser: { kind: "adam", lr: 1e-3, schedule: "cosine", warmup: 0, momentum: 0, weightDecay: 0 },
  checkpoint: 0,
  seed: 0,
};

const lines: string[] = [];
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
  part: () => Promise.reject(new Error("This training keeps no checkpoints.")),
  findPart: () => Promise.resolve(undefined),
  signal: new AbortController().signal,
  log: line => void lines.push(line),
  random: stream => randomStream(0, stream),
};
await trainContrastive(ctx);
process.stdout.write(lines.at(-1) ?? "", () => process.exit(0));
