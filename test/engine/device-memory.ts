/**
 * A program: trains a tiny net for 24 updates, asks for far too much, and prints what a device's memory came to. In a
 * process of its own, because a native library cannot be loaded in a test's sandbox. Usage: node device-memory.js BACKEND
 */
import process from "node:process";
import { openEngine, type Tensor } from "../../steps/engine/index.js";
import { contrastiveTraining } from "../bench/workloads.js";

export interface DeviceMemory {
  /** Bytes that the device lent to the backend after each update, those kept for later use among them. */
  readonly lent: readonly number[];
  /** Bytes of tensors, before all and when the program was disposed of. */
  readonly used: readonly [before: number, after: number];
  readonly error: string;
}

const engine = await openEngine({ backend: process.argv[2] ?? "", cpus: 1 });
const { tf } = engine;
const memory = (): Record<string, number> => tf.memory() as unknown as Record<string, number>;
const before = memory()["numBytesInGPU"] ?? 0;
const { step, state, inputs } = contrastiveTraining(
  {
    layers: [
      { type: "conv2d", filters: 4, kernel: 3, strides: 2 },
      { type: "flatten" },
      { type: "dense", units: 8 },
    ],
  },
  8,
  [8, 8, 1],
);
const program = engine.program(step(tf), state);
const lent: number[] = [];
for (let update = 0; update < 24; update++) {
  await program.run(inputs(update), { read: update % 3 === 0 });
  lent.push(memory()["numBytesAllocatedInGPU"] ?? 0);
}
program.dispose();
const after = memory()["numBytesInGPU"] ?? 0;
const square = engine.program((_, { x }) => {
  const row = x as Tensor;
  return { outputs: { y: tf.sum(tf.matMul(row, row, true)) } };
}, {});
const error = await square.run({ x: { shape: [1, 60000], data: new Float32Array(60000) } }).then(
  ({ y }) => `none: ${String(y?.data[0])}`,
  (thrown: unknown) => String(thrown),
);
const result: DeviceMemory = { lent, used: [before, after], error };
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
