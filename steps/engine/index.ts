/**
 * The one door to tensors: step kinds get the TensorFlow.js API from here and know nothing else of an engine.
 * Every backend comes with the same gradient formulas (`gradients/`); wasm comes repaired (`wasm/`).
 * Does not: choose a backend (`choose.ts`), or load any until `openEngine` is called.
 */
import type { Backend, Engine, EngineOptions } from "./types.js";
import { isBackend } from "./types.js";

export type { Backend, Engine, EngineOptions, TensorFlow } from "./types.js";
export type { ModelInput, ModelOutput, ModelSession, OnnxModel } from "./types.js";
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from "./types.js";
export type { Program, ProgramArray, ProgramArrays, ProgramTensors, StepFunction } from "./types.js";
export { BACKENDS } from "./types.js";
export { fittingRows, OutOfMemory, saysOutOfMemory } from "./memory/out-of-memory.js";

/**
 * Opens the engine that the runner chose: `openEngine(ctx.device)`.
 * Throws an Error that says what is missing when the backend cannot be loaded; how to get it is `choose.ts`'s to say.
 */
export async function openEngine(options: {
  readonly backend: string;
  readonly cpus: number;
}): Promise<Engine> {
  const { backend, cpus } = options;
  if (!isBackend(backend)) throw new Error(`There is no tensor backend named ${JSON.stringify(backend)}.`);
  if (!Number.isInteger(cpus) || cpus < 1)
    throw new RangeError(`An engine needs 1 thread or more, not ${cpus}.`);
  const open = await opener(backend);
  const engine = await open({ backend, cpus });
  const { registerGradients } = await import("./gradients/index.js");
  registerGradients(engine.tf);
  const { guardedProgram } = await import("./memory/guard.js");
  return { ...engine, program: (step, state) => guardedProgram(engine, step, state) };
}

/** The module of a backend is imported only when it is wanted: each loads megabytes. */
async function opener(backend: Backend): Promise<(options: EngineOptions) => Promise<Engine>> {
  switch (backend) {
    case "tensorflow":
      return (await import("./backends/tensorflow.js")).openTensorflow;
    case "onnx":
      return (await import("./backends/onnx.js")).openOnnx;
    case "webgpu":
      return (await import("./backends/webgpu.js")).openWebgpu;
    case "wasm":
      return (await import("./backends/wasm.js")).openWasm;
    case "cpu":
      return (await import("./backends/cpu.js")).openCpu;
  }
}
