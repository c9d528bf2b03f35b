import type { ModelSpec } from "../../../steps/nn/model.js";
import { eagerProgram } from "../../../steps/engine/eager.js";
import {
  type Engine,
  fittingRows,
  OutOfMemory,
  type StepFunction,
  type Tensor,
  type Tensor2D,
} from "../../../steps/engine/index.js";
import { guardedProgram } from "../../../steps/engine/memory/guard.js";
import { contrastiveTraining } from "../../bench/workloads.js";
import { type Check, demand } from "./check.js";

const UPDATES = 200;
/**
 * Relative difference of losses after as many updates. Each starts from the last one's rounding, which a training
 * multiplies; at the first update the difference is some 1e-7.
 */
const TOLERANCE = 5e-3;

const conv: ModelSpec = {
  layers: [
    { type: "conv2d", filters: 8, kernel: 3, bias: false },
    { type: "batchNorm", epsilon: 1e-5, activation: "relu" },
    { type: "conv2d", filters: 12, kernel: 3, strides: 2, activation: "leakyRelu" },
    { type: "maxPool", size: 2 },
    { type: "flatten" },
    { type: "dense", units: 16 },
  ],
};
const mlp: ModelSpec = {
  layers: [
    { type: "flatten" },
    { type: "dense", units: 32, activation: "relu" },
    { type: "dense", units: 16, activation: "tanh" },
  ],
};

export const trainings: readonly Check[] = [
  { name: `a convolutional net's losses stay with eager ones for ${UPDATES} updates`, run: follow(conv) },
  { name: `a perceptron's losses stay with eager ones for ${UPDATES} updates`, run: follow(mlp) },
  { name: "memory stays where it is over 5,000 steps", run: withoutLeak },
  { name: "memory is given back when programs are disposed of", run: givesBack },
  { name: "what cannot fit is refused before it runs", run: refusesInTime },
  { name: "more constants than a model can hold are refused before they are copied", run: refusesConstants },
];

function follow(spec: ModelSpec): Check["run"] {
  return async engine => {
    const { step, state, inputs } = contrastiveTraining(spec, 24, [9, 8, 1]);
    const compiled = engine.program(step(engine.tf), state);
    const eager = eagerProgram(engine.tf, step(engine.tf), state);
    const losses: [number, number][] = [];
    for (let update = 0; update < UPDATES; update++) {
      const given = inputs(update);
      const [a, b] = [await compiled.run(given), await eager.run(given)];
      losses.push([a["loss"]?.data[0] ?? NaN, b["loss"]?.data[0] ?? NaN]);
    }
    demand(compiled.how.startsWith("compiled"), compiled.how);
    const [first = [NaN, NaN]] = losses;
    const [last = NaN] = losses.at(-1) ?? [];
    demand(last < first[0] - 0.5, `the loss went from ${first[0]} to ${last}: nothing was learnt`);
    const off = losses.map(([a, b]) => Math.abs(a - b) / Math.abs(b));
    demand((off[0] ?? NaN) < 1e-5, `the first loss is off by ${off[0] ?? NaN}`);
    const worst = Math.max(...off);
    demand(worst < TOLERANCE, `losses differ by ${worst}`);
    compiled.dispose();
    eager.dispose();
  };
}

async function withoutLeak(engine: Engine): Promise<void> {
  const { step, state, inputs } = contrastiveTraining(mlp, 8, [9, 8, 1]);
  const program = engine.program(step(engine.tf), state);
  const given = inputs(0);
  const rss: number[] = [];
  for (let update = 1; update <= 5000; update++) {
    await program.run(given, { read: update % 10 === 0 });
    if (update % 1000 === 0) rss.push(process.memoryUsage.rss() / 2 ** 20);
  }
  const [early = NaN] = rss;
  demand(
    rss.every(now => now - early < 32),
    `resident megabytes after each 1,000 steps: ${rss.join(", ")}`,
  );
  program.dispose();
}

/**
 * Programs that are not disposed of grow this process by 18 megabytes each: 585 after the first 8 of 40. Disposed of, they
 * leave what the allocator keeps for itself, which differs from machine to machine: 10 to 170 megabytes were seen.
 */
async function givesBack(engine: Engine): Promise<void> {
  const { tf } = engine;
  const x = { shape: [1500, 1500], data: new Float32Array(1500 ** 2) };
  const rss: number[] = [];
  for (let i = 1; i <= 40; i++) {
    const program = engine.program(
      (_, inputs) => ({ outputs: { y: tf.sum(tf.exp(tf.transpose(tf.cumsum(inputs["x"] as Tensor)))) } }),
      {},
    );
    await program.run({ x });
    program.dispose();
    if (i % 8 === 0) rss.push(process.memoryUsage.rss() / 2 ** 20);
  }
  const [early = NaN] = rss;
  demand(
    rss.every(now => now - early < 290),
    `resident megabytes after each 8 programs: ${rss.join(", ")}`,
  );
}

async function refusesInTime(engine: Engine): Promise<void> {
  const { tf } = engine;
  const step: StepFunction = (_, { x }) => ({ outputs: { y: tf.sum(tf.exp(x as Tensor)) } });
  const program = guardedProgram({ ...engine, memory: { ...engine.memory, limit: 2 ** 20 } }, step, {});
  const run = (rows: number): Promise<unknown> =>
    program.run({ x: { shape: [rows, 1024], data: new Float32Array(rows * 1024) } });
  await run(40);
  const error = await thrownBy(run(200));
  demand(error instanceof OutOfMemory && error.rows === 200, String(error));
  program.dispose();
}

/** 64 KiB of constants a row, which nobody touches: the memory is not taken before it is. */
async function refusesConstants(engine: Engine): Promise<void> {
  const { tf } = engine;
  const step: StepFunction = (_, { x }) => {
    const [rows] = (x as Tensor2D).shape;
    const constant = tf.zeros([rows, 2 ** 14]);
    return { outputs: { y: tf.sum(tf.mul(x as Tensor, constant)) } };
  };
  const memory = { ...engine.memory, limit: 2 ** 50 };
  const program = guardedProgram({ ...engine, memory }, step, {});
  const run = (rows: number): Promise<unknown> =>
    program.run({ x: { shape: [rows, 1], data: new Float32Array(rows) } });
  await run(10);
  const error = await thrownBy(run(100_000));
  if (!(error instanceof OutOfMemory)) throw new Error(`not refused: ${String(error)}`);
  const fitting = fittingRows(error, 1);
  demand(fitting > 25_000 && fitting < 32_768, `rows that fit into a model: ${fitting}`);
  program.dispose();
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
