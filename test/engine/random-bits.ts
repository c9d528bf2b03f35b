/**
 * A program: what sample-views and train-contrastive draw, as an engine has it, in digests on one line of JSON. In a process of its
 * own, because a native library cannot be loaded in a test's sandbox.
 * Usage: node random-bits.js BACKEND SEED FOLDER, which holds `generator` and `images` and takes what is made.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { Worker } from "node:worker_threads";
import { randomStream } from "../../runner/step-api.js";
import {
  type Engine,
  openEngine,
  type ProgramArrays,
  type ProgramTensors,
} from "../../steps/engine/index.js";
import { openGenerator, readGenerator } from "../../steps/artifacts/generator.js";
import { generatorProgram } from "../../steps/artifacts/generator-program.js";
import type { SampleViewsOptions } from "../../steps/kinds/sample-views/sampling-options.js";
import { writeShard } from "../../steps/kinds/sample-views/shard.js";
import type { BatchOptions } from "../../steps/kinds/train-contrastive/batch-maker.js";
import { encoderLayers } from "../../steps/training/architecture.js";
import { openFeed } from "../../steps/training/feed.js";
import { initialState } from "../../steps/nn/net.js";

export const MARK = "vistas-random-bits:";

export interface RandomBits {
  readonly backend: string;
  /** What sample-views stores: the latents, and the augmented views of a generator that only copies its latents. */
  readonly latents: string;
  readonly views: string;
  /** What the first updates of train-contrastive start from and take: their order, augmentation and noise. */
  readonly weights: string;
  readonly batches: string;
}

const augment = {
  crop: { scale: [0.3, 1] },
  flip: 0.5,
  brightness: 0.4,
  contrast: 0.4,
  jitter: 0.8,
} as const;
const { signal } = new AbortController();

if (process.argv[1]?.endsWith("random-bits.js") === true) {
  const [backend = "", seed, folder = ""] = process.argv.slice(2);
  await main(backend, Number(seed), folder);
}

async function main(backend: string, seed: number, folder: string): Promise<void> {
  const engine = await openEngine({ backend, cpus: 2 });
  // TensorFlow.js's own random operations begin here.
  Object.assign(Math, {
    random: () => {
      throw new Error("a number was drawn beside the counter-based generator");
    },
  });
  const sampled = await sample(engine, seed, folder);
  const bits: RandomBits = { backend: engine.backend, ...sampled, ...(await training(engine, seed, folder)) };
  // Ended on purpose: a native backend's own threads may keep a process alive for ever.
  process.stdout.write(`\n${MARK}${JSON.stringify(bits)}\n`, () => process.exit(0));
}

async function sample(
  engine: Engine,
  seed: number,
  folder: string,
): Promise<Pick<RandomBits, "latents" | "views">> {
  const generator = openGenerator(await readGenerator(join(folder, "generator")));
  const program = generatorProgram(engine, generator);
  const options: SampleViewsOptions = {
    ...{ anchors: 300, views: 2, shard: 300, prior: "model", truncation: 1, augment, seed },
    transform: { kind: "gaussian", sigma: 0.3, variancePreserving: false },
  };
  const ctx = { with: options, random: (stream: string) => randomStream(seed, stream), signal };
  const shard = join(folder, `views-${engine.backend}`);
  await writeShard({ ctx, generator, program, progress: () => undefined }, shard, 0, 300);
  program.dispose();
  const [latents, views] = await Promise.all(
    ["latents.npy", "views.npy"].map(async name => digest([await readFile(join(shard, name))])),
  );
  return { latents: latents ?? "", views: views ?? "" };
}

async function training(
  engine: Engine,
  seed: number,
  folder: string,
): Promise<Pick<RandomBits, "weights" | "batches">> {
  const workerData: BatchOptions = {
    ...{ inputs: { images: join(folder, "images") }, batch: 12, views: 2, augment, noise: 0.05, seed },
    labelled: false,
  };
  const module = new URL("../../steps/kinds/train-contrastive/contrastive-batches.js", import.meta.url);
  const feed = openFeed(new Worker(module, { workerData }), 0, 8, signal);
  const spec = encoderLayers(
    {
      ...{ kind: "conv", channels: [4, 8], strides: [2, 2], kernel: 3, pool: "flatten", width: 16 },
      ...{ hidden: [], layers: [] },
    },
    [8, 8, 1],
  );
  const { params } = initialState(spec, [8, 8, 1], randomStream(seed, "initialisation"));
  const { tf } = engine;
  // To double is exact on every engine, and makes it do something with the numbers.
  const doubled = (tensors: ProgramTensors): ProgramTensors =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, tf.mul(x, 2)]));
  const program = engine.program((state, batch) => ({ outputs: doubled({ ...state, ...batch }) }), params);
  const batches: Uint8Array[] = [];
  let outputs: ProgramArrays = {};
  // 8 updates are more than an epoch of 60 images.
  for (let update = 0; update < 8; update++) {
    outputs = await program.run(await feed.next());
    batches.push(bytesOf(outputs, "pixels"));
  }
  await feed.dispose();
  const weights = Object.keys(params).map(name => bytesOf(outputs, name));
  return { weights: digest(weights), batches: digest(batches) };
}

function bytesOf(arrays: ProgramArrays, name: string): Uint8Array {
  const data = arrays[name]?.data;
  if (data === undefined) throw new Error(`the engine gave no ${name}`);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}

function digest(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
