/**
 * A program: does one piece of work with small nets, and prints how much memory it took (see `memory.test.ts`).
 * Usage: node measure-memory.js updates|training|sampling SIZE FOLDER
 */
import { memory } from "@tensorflow/tfjs-core";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { randomStream, type StepContext } from "../../runner/step-api.js";
import { writeGenerator } from "../../steps/artifacts/generator.js";
import { npyHeader } from "../../steps/formats/npy-header.js";
import { run as sampleViews } from "../../steps/kinds/sample-views/run.js";
import type { SampleViewsOptions } from "../../steps/kinds/sample-views/sampling-options.js";
import type { ContrastiveOptions } from "../../steps/kinds/train-contrastive/contrastive-options.js";
import { trainContrastive } from "../../steps/kinds/train-contrastive/run.js";

const [work = "", size = "", folder = ""] = process.argv.slice(2);
const tensors = new Set<number>();
const resident: number[] = [];

if (work === "updates") {
  writeViews(64, [8, 8, 1]);
  const updates = Number(size);
  await trainContrastive(
    context(training(updates), { views: folder }, at => {
      // Before the first update there is no engine to ask.
      if ((at ?? 0) > 0) tensors.add(memory().numTensors);
      if (at === updates / 5 || at === updates) resident.push(megabytes(process.memoryUsage.rss()));
    }),
  );
} else if (work === "training") {
  writeViews(Number(size), [28, 28, 1]);
  await trainContrastive(context(training(30), { views: folder }));
} else {
  await writeWideGenerator(join(folder, "model"));
  await sampleViews(context(sampling(Number(size)), { generator: join(folder, "model") }));
}
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ peak, resident, tensors: [...tensors] }));
process.exit(0);

function training(updates: number): ContrastiveOptions {
  return {
    encoder: {
      kind: "mlp",
      channels: [],
      kernel: 1,
      strides: [],
      pool: "mean",
      width: 0,
      hidden: [8],
      layers: [],
    },
    head: [4],
    temperature: 0.2,
    updates,
    batch: 16,
    views: 2,
    augment: { flip: 0.5 },
    // The views are black: without noise they would be the same picture, which is refused.
    noise: 0.05,
    optimiser: { kind: "adam", lr: 1e-3, schedule: "constant", warmup: 0, momentum: 0, weightDecay: 0 },
    checkpoint: 0,
    seed: 0,
  };
}

/** All views in one shard. */
function sampling(anchors: number): SampleViewsOptions {
  return {
    anchors,
    views: 2,
    transform: { kind: "gaussian", sigma: 0.3, variancePreserving: false },
    prior: "model",
    truncation: 1,
    seed: 0,
    shard: anchors,
  };
}

/** Black views, which take no place on the disk. */
function writeViews(anchors: number, [height, width, channels]: readonly [number, number, number]): void {
  const shape = [anchors, 2, height, width, channels];
  const header = npyHeader("u1", shape);
  writeFileSync(join(folder, "views.npy"), header);
  truncateSync(join(folder, "views.npy"), header.length + shape.reduce((a, b) => a * b, 1));
  writeFileSync(join(folder, "views.json"), JSON.stringify({ format: 1, kind: "views" }));
}

/** z [2] -> 28 x 28 x 1, in one layer. */
async function writeWideGenerator(path: string): Promise<void> {
  const weight = (shape: number[]): { dtype: "f4"; shape: number[]; data: Float32Array } => ({
    dtype: "f4",
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const card = {
    family: "test",
    latent: { dim: 2, prior: "normal" },
    image: { shape: [28, 28, 1], range: [0, 1] },
    model: { layers: [{ type: "dense", units: 784, activation: "sigmoid" }] },
    recipe: {},
    provenance: {},
  } as const;
  const weights = { "layers.0.kernel": weight([2, 784]), "layers.0.bias": weight([784]) };
  await writeGenerator(path, card, new Map(Object.entries(weights)));
}

function context<W>(
  options: W,
  inputs: Readonly<Record<string, string>>,
  onMetric: (at: number | undefined) => void = () => undefined,
): StepContext<W> {
  const output = join(folder, "output");
  let parts = 0;
  return {
    with: options,
    inputs,
    gathered: {},
    outputs: { encoder: output, views: output },
    device: { backend: "wasm", cpus: 1, gpus: [] },
    progress: () => undefined,
    metric: (_, __, at) => onMetric(at),
    async part(_, produce) {
      const path = join(folder, `part-${parts++}`);
      await produce(path);
      return path;
    },
    async parts(keys, produce) {
      const paths: string[] = [];
      for (const [i, key] of keys.entries()) paths.push(await this.part(key, path => produce(i, path)));
      return paths;
    },
    findPart: () => Promise.resolve(undefined),
    signal: new AbortController().signal,
    log: () => undefined,
    random: stream => randomStream(0, stream),
  };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
