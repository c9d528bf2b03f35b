/**
 * A program: trains a small convolutional encoder for some steps and prints a digest of everything that it ended
 * with, and what was left of the process. Usage: node train-digest.js BACKEND THREADS [STEPS]
 */
import { createHash } from "node:crypto";
import os from "node:os";
import process from "node:process";
import { randomStream } from "../../runner/step-api.js";
import { openEngine, type Scalar, type Tensor2D, type Tensor4D } from "../../steps/engine/index.js";
import { adam } from "../../steps/nn/adam.js";
import { batchMoments, batchNormTrain } from "../../steps/nn/batch-norm.js";
import { ntXent } from "../../steps/nn/contrastive.js";
import { conv2d, conv2dTranspose } from "../../steps/nn/conv.js";
import { dense } from "../../steps/nn/dense.js";
import { constant, fans, heNormal } from "../../steps/nn/initialise.js";
import { Params, type NamedArray } from "../../steps/nn/params.js";
import { valueAndGradients } from "../../steps/nn/value-and-gradients.js";
import { tensor } from "./rig.js";

const processors = os.cpus().length;
const [backend = "", threads, steps = "6"] = process.argv.slice(2);
const engine = await openEngine({ backend, cpus: Number(threads) });
const { tf } = engine;
const random = randomStream(0, "weights");
const he = (at: number, shape: number[]): NamedArray => heNormal(random, at, shape, fans(shape).fanIn);
const params = new Params(tf, {
  up: he(0, [4, 4, 8, 16]),
  conv: he(1, [4, 4, 8, 16]),
  gamma: constant([16], 1),
  beta: constant([16], 0),
  weight: he(2, [7 * 7 * 16, 32]),
  bias: constant([32], 0),
});
const optimiser = adam(tf, params);
const images = tensor(tf, [32, 7, 7, 16], 5) as Tensor4D;

function loss(): Scalar {
  const wide = tf.leakyRelu(conv2dTranspose(tf, images, params.filter("up"), { stride: 2 }));
  const down = conv2d(tf, wide, params.filter("conv"), { stride: 2 });
  const normal = batchNormTrain(
    tf,
    down,
    params.vector("gamma"),
    params.vector("beta"),
    batchMoments(tf, down),
  );
  const flat = tf.reshape<Tensor2D["rankType"]>(tf.relu(normal), [32, -1]);
  return ntXent(tf, dense(tf, flat, params.matrix("weight"), params.vector("bias")), 2, 0.2);
}

const counts: number[] = [];
const losses: number[] = [];
for (let step = 0; step < Number(steps); step++) {
  const value = tf.tidy(() => {
    const result = valueAndGradients(tf, params, loss);
    optimiser.step(result.gradients, 1e-2);
    return result.value;
  });
  losses.push((await value.data())[0] ?? NaN);
  value.dispose();
  counts.push(tf.memory().numTensors);
}
const hash = createHash("sha256");
for (const { data } of Object.values({ ...(await params.arrays()), ...(await optimiser.state()) }))
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
