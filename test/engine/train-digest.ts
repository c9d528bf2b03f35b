/**
 * A program: trains a small convolutional encoder for some steps and prints a digest of everything that it ended
 * with, and what was left of the process. Usage: node train-digest.js BACKEND THREADS [STEPS]
 */
import { createHash } from "node:crypto";
import os from "node:os";
import process from "node:process";
import { openEngine } from "../../steps/engine/index.js";
import { contrastiveTraining } from "../bench/workloads.js";

const processors = os.cpus().length;
const [backend = "", threads, steps = "6"] = process.argv.slice(2);
const engine = await openEngine({ backend, cpus: Number(threads) });
const { tf } = engine;
const { step, state, inputs } = contrastiveTraining(
  {
    layers: [
      { type: "conv2dTranspose", filters: 8, kernel: 4, strides: 2, activation: "leakyRelu" },
      { type: "conv2d", filters: 16, kernel: 4, strides: 2, bias: false },
      { type: "batchNorm", activation: "relu" },
      { type: "flatten" },
      { type: "dense", units: 32 },
    ],
  },
  32,
  [7, 7, 16],
);
const program = engine.program(step(tf), state);
const counts: number[] = [];
const losses: number[] = [];
for (let update = 0; update < Number(steps); update++) {
  const outputs = await program.run(inputs(update));
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
