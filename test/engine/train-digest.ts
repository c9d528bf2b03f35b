/**
 * A program: trains a small convolutional encoder for some steps and prints a digest of everything that it ended
 * with, and what was left of the process. Usage: node train-digest.js BACKEND THREADS [STEPS]
 */
import { createHash } from "node:crypto";
import os from "node:os";
import process from "node:process";
import { randomStream } from "../../runner/step-api.js";
import {
  openEngine,
  type ProgramArray,
  type ProgramTensors,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "../../steps/engine/index.js";
import { adam } from "../../steps/nn/adam.js";
import { batchMoments, batchNormTrain } from "../../steps/nn/batch-norm.js";
import { ntXent } from "../../steps/nn/contrastive.js";
import { conv2d, conv2dTranspose } from "../../steps/nn/conv.js";
import { dense } from "../../steps/nn/dense.js";
import { constant, fans, heNormal } from "../../steps/nn/initialise.js";
import { initialAverages, scalarArrays } from "../../steps/nn/optimiser.js";
import type { Loss } from "../../steps/nn/value-and-gradients.js";
import { updateFunction } from "../../steps/training/update.js";
import { numbers } from "./rig.js";

const processors = os.cpus().length;
const [backend = "", threads, steps = "6"] = process.argv.slice(2);
const engine = await openEngine({ backend, cpus: Number(threads) });
const { tf } = engine;
const random = randomStream(0, "weights");
const he = (at: number, shape: number[]): ProgramArray => heNormal(random, at, shape, fans(shape).fanIn);
const params = {
  up: he(0, [4, 4, 8, 16]),
  conv: he(1, [4, 4, 8, 16]),
  gamma: constant([16], 1),
  beta: constant([16], 0),
  weight: he(2, [7 * 7 * 16, 32]),
  bias: constant([32], 0),
};
const optimiser = adam();

function loss(state: ProgramTensors, { images }: ProgramTensors): Loss {
  const { up, conv, gamma, beta, weight, bias } = state as Record<keyof typeof params, Tensor>;
  const wide = tf.leakyRelu(conv2dTranspose(tf, images as Tensor4D, up as Tensor4D, { stride: 2 }));
  const down = conv2d(tf, wide, conv as Tensor4D, { stride: 2 });
  const moments = batchMoments(tf, down);
  const normal = batchNormTrain(tf, down, gamma as Tensor1D, beta as Tensor1D, moments, 1e-5);
  const flat = tf.reshape<Tensor2D["rankType"]>(tf.relu(normal), [32, -1]);
  return { value: ntXent(tf, dense(tf, flat, weight as Tensor2D, bias as Tensor1D), 2, 0.2) };
}

const step = updateFunction(tf, Object.keys(params), optimiser, loss);
const program = engine.program(step, { ...params, ...initialAverages(optimiser, params) });
const images = { shape: [32, 7, 7, 16], data: numbers(32 * 7 * 7 * 16, 5) };
const counts: number[] = [];
const losses: number[] = [];
for (let update = 0; update < Number(steps); update++) {
  const outputs = await program.run({ images, ...scalarArrays(optimiser.scalars(update, 1e-2)) });
  losses.push(outputs["loss"]?.data[0] ?? NaN);
  counts.push(tf.memory().numTensors);
}
const hash = createHash("sha256");
for (const { data } of Object.values(await program.state()))
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
process.stdout.write(
  JSON.stringify({
    digest: hash.digest("hex"),
    threads: engine.threads,
    losses,
    counts,
    handlers: process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection"),
    processorsKept: os.cpus().length === processors,
    workerGlobal: "Worker" in globalThis,
  }),
);
// Without a call of dispose: idle threads must not keep the process alive.
