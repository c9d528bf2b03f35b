import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type Engine,
  fittingRows,
  openEngine,
  OutOfMemory,
  type Program,
  type ProgramArrays,
  saysOutOfMemory,
  type StepFunction,
  type Tensor,
} from "../../steps/engine/index.js";
import { guardedProgram } from "../../steps/engine/memory/guard.js";
import type { Memory } from "../../steps/engine/types.js";
import { peakBytes, totalBytes } from "../../steps/engine/memory/peak.js";
import { trace } from "../../steps/engine/trace/index.js";
import type { WasmBackend } from "../../steps/engine/wasm/compose.js";
import { guardHeap } from "../../steps/engine/wasm/heap.js";
import { type Device, faultTeller } from "../../steps/engine/webgpu/faults.js";
import { withFittingBatch } from "../../steps/training/feed.js";

const rowsOf = (rows: number): ProgramArrays => ({
  x: { shape: [rows, 256], data: new Float32Array(rows * 256) },
});
const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("memory", () => {
  let cpu: Engine;
  beforeAll(async () => {
    cpu = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => cpu.dispose());

  /** 1 KiB a row, four times: x, two values on the way, the product; and weights of 256 KiB. */
  const step: StepFunction = ({ w }, { x }) => {
    const { tf } = cpu;
    const y = tf.exp(tf.reshape(tf.relu(x as Tensor), (x as Tensor).shape));
    return { outputs: { y: tf.sum(tf.matMul(y, w as Tensor)) } };
  };
  const weights: ProgramArrays = { w: { shape: [256, 256], data: new Float32Array(65536) } };
  const KIB = 1024;

  it("of a step: all values, and those alive at once", () => {
    const graph = trace(
      cpu.tf,
      step,
      { w: { shape: [256, 256], dtype: "float32" } },
      { x: { shape: [8, 256], dtype: "float32" } },
    );
    expect(totalBytes(graph)).toBeGreaterThanOrEqual((256 + 4 * 8) * KIB);
    expect(totalBytes(graph)).toBeLessThan((256 + 4 * 8 + 1) * KIB);
    // An input is kept: it is the caller's.
    expect(peakBytes(graph)).toBeGreaterThanOrEqual((256 + 3 * 8) * KIB);
    expect(peakBytes(graph)).toBeLessThan((256 + 3 * 8 + 1) * KIB);
  });

  /** A GPU's allocator, as far as a program meets it: what does not fit is refused with its runtime's words. */
  function device(words: string, bytes: number, memory: Partial<Memory> = {}): Engine {
    const program = (own: StepFunction, state: ProgramArrays): Program => ({
      ...cpu.program(own, state),
      run(inputs) {
        const rows = inputs["x"]?.shape[0] ?? 0;
        if ((256 + 4 * rows) * KIB > bytes) return Promise.reject(new Error(words));
        return Promise.resolve({});
      },
    });
    return { ...cpu, program, memory: { limit: bytes, needs: totalBytes, silent: false, ...memory } };
  }

  it.each([
    ["TensorFlow", "OOM when allocating tensor with shape[512,28,28,32] and type float"],
    [
      "onnxruntime",
      "Non-zero status code returned while running Split node: BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 1",
    ],
    ["C++", "std::bad_alloc"],
    ["CUDA", "CUDA failure 2: out of memory ; GPU=0"],
    ["Dawn", "out of memory on the GPU: Failed to allocate memory for resource heap"],
    ["JavaScript", "Array buffer allocation failed"],
  ])("that is out, in the words of %s, comes with the rows that fit", async (_, words) => {
    const engine = device(words, 2048 * KIB);
    const program = guardedProgram(engine, step, weights);
    await program.run(rowsOf(448));
    const error = await thrownBy(program.run(rowsOf(1000)));
    expect(error).toMatchObject({ name: "OutOfMemory", rows: 1000, cause: { message: words } });
    if (!(error instanceof OutOfMemory)) throw error;
    const fitting = fittingRows(error, 2);
    // 80 % of 2 MiB less the weights, at 4 KiB a row.
    expect(fitting).toBe(344);
    await program.run(rowsOf(fitting));
    expect(saysOutOfMemory(new Error("told on", { cause: error }))).toBe(true);
    expect((withFittingBatch(error, 500) as Error).message).toMatch(
      /1000 rows takes some .* A 'batch' of 172 would fit/,
    );
  });

  it("that ends sooner than was thought: half of what did not fit is recommended", async () => {
    for (const limit of [undefined, 2 ** 40]) {
      const program = guardedProgram(device("bad allocation", 2048 * KIB, { limit }), step, weights);
      const error = await thrownBy(program.run(rowsOf(1000)));
      if (!(error instanceof OutOfMemory)) throw error;
      const fitting = fittingRows(error, 1);
      expect(fitting).toBeGreaterThan(300);
      expect(fitting).toBeLessThan(400);
    }
  });

  it("that runs out without a word is looked at before", async () => {
    const engine = device("never said", 2 ** 40, { limit: 2048 * KIB, silent: true });
    const program = guardedProgram(engine, step, weights);
    await program.run(rowsOf(440));
    await expect(program.run(rowsOf(1000))).rejects.toThrow(/^Out of memory: .*1000 rows/);
  });

  it("has nothing to do with other errors, nor with steps that cannot be traced", async () => {
    const other = guardedProgram(device("a typo", 0), step, weights);
    await expect(other.run(rowsOf(2))).rejects.toThrow(/^a typo$/);
    const reading: StepFunction = (_, { x }) => {
      (x as Tensor).dataSync();
      return { outputs: {} };
    };
    const error = await thrownBy(guardedProgram(device("bad_alloc", 0), reading, weights).run(rowsOf(2)));
    if (!(error instanceof OutOfMemory)) throw error;
    expect(fittingRows(error, 1)).toBe(0);
    expect((withFittingBatch(error, 2) as Error).message).toContain("Make 'batch' smaller");
    expect(withFittingBatch(new Error("a typo"), 2)).toMatchObject({ message: "a typo" });
    expect(
      (withFittingBatch(new RangeError("Array buffer allocation failed"), 7) as Error).message,
    ).toContain("7");
  });

  it("of a wasm heap that is full", async () => {
    const wasm = await openEngine({ backend: "wasm", cpus: 1 });
    try {
      const { tf } = wasm;
      // The last half gigabyte is in reserve, so this leaves 64 MB.
      guardHeap(tf.backend() as unknown as WasmBackend, 0.5625 * 2 ** 30);
      const squares: StepFunction = (_, { x }) => ({
        outputs: { y: tf.sum(tf.square(tf.exp(x as Tensor))) },
      });
      const error = await thrownBy(wasm.program(squares, {}).run(rowsOf(32768)));
      expect(error).toMatchObject({ name: "OutOfMemory", rows: 32768 });
      if (!(error instanceof OutOfMemory)) throw error;
      expect(fittingRows(error, 1)).toBeGreaterThan(8192);
      expect(fittingRows(error, 1)).toBeLessThan(21845);
    } finally {
      wasm.dispose();
    }
  });

  it.each(["cpu", "wasm"])(
    "of %s stays where it is from step to step, and is freed at dispose",
    async backend => {
      const engine = await openEngine({ backend, cpus: 1 });
      const bytes = (): number => engine.tf.memory().numBytes;
      const before = bytes();
      const { tf } = engine;
      const decay: StepFunction = ({ w }, { x }) => {
        const { value, grads } = tf.valueAndGrads((v: Tensor) =>
          tf.sum(tf.square(tf.matMul(x as Tensor, v))),
        )([w as Tensor]);
        return { state: { w: tf.sub(w as Tensor, tf.mul(grads[0] as Tensor, 0.1)) }, outputs: { value } };
      };
      const program = engine.program(decay, weights);
      const held = bytes();
      for (let i = 0; i < 5; i++) {
        await program.run(rowsOf(4), { read: i % 2 === 0 });
        expect(bytes()).toBe(held);
      }
      program.dispose();
      expect(bytes()).toBe(before);
      if (backend !== "cpu") engine.dispose();
    },
  );
});

describe("a WebGPU device", () => {
  it("throws what Dawn only tells: errors at the step that they befall, and that it was lost", async () => {
    let tell: Parameters<Device["addEventListener"]>[1] = () => undefined;
    let lose: (info: { message: string }) => void = () => undefined;
    const device: Device = {
      lost: new Promise(resolve => (lose = resolve)),
      addEventListener: (_, listener) => (tell = listener),
    };
    const inner: Program = {
      how: "eager",
      run: () => Promise.resolve({}),
      state: () => Promise.resolve({}),
      dispose: () => undefined,
    };
    const program = faultTeller(device)(inner);
    await program.run({});
    class GPUOutOfMemoryError {
      readonly message = "allocation of 8 GB failed\n at CreateBuffer";
    }
    tell({ error: new GPUOutOfMemoryError() });
    await expect(program.run({})).rejects.toThrow(/^out of memory on the GPU: allocation of 8 GB failed$/);
    await expect(program.state()).rejects.toThrow(/out of memory/);
    const other = faultTeller(device)(inner);
    lose({ message: "driver reset" });
    await device.lost;
    await expect(other.run({})).rejects.toThrow(/the GPU was lost: driver reset/);
  });
});
