/**
 * What a step kind knows of tensors: an `Engine`. Types only, so that importing this file costs nothing.
 * Does not: name any backend's package; that is the work of `backends/`.
 */
import type * as tfjs from "@tensorflow/tfjs-core";
import type { Memory } from "./memory/guard.js";
import type { ModelSession, OnnxModel } from "./onnx/model.js";
import type { Program, ProgramArrays, StepFunction } from "./program.js";

export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";

/** The TensorFlow.js API (its core: ops, gradients, memory). */
export type TensorFlow = typeof tfjs;

/** In the order of preference: the first that works is the choice of `auto`. */
export const BACKENDS = ["tensorflow", "onnx", "webgpu", "wasm", "cpu"] as const;
export type Backend = (typeof BACKENDS)[number];

/**
 * What one machine promises from process to process: the same bits with any number of threads, with the same number
 * of threads, or nothing. What is promised is tested (`test/engine/determinism.test.ts`).
 */
export type Determinism = "bitwise" | "same-threads" | "none";

export interface EngineOptions {
  readonly backend: Backend;
  /** Threads that the engine may use, 1 or more. Backends that choose their own ignore it. */
  readonly cpus: number;
}

/** An open tensor engine. One a process: TensorFlow.js keeps the current backend in a global. */
export interface Engine {
  readonly tf: TensorFlow;
  readonly backend: Backend;
  /** Version of the package that computes, such as `tfjs-backend-wasm 4.22.0`. */
  readonly version: string;
  /** Width of the numbers that results are computed with. */
  readonly precision: "float32";
  readonly threads: number;
  /** What computes, in words: `wasm (SIMD, 2 threads)`, or the GPU's name. */
  readonly device: string;
  /** A GPU computes: none made of software, which is right but slow. */
  readonly gpu: boolean;
  readonly determinism: Determinism;
  /** All that may change a result's bits, as text: another class, another key. Not the number of threads. */
  readonly numericClass: string;
  readonly memory: Memory;
  /**
   * Holds `state` on the device and runs `step` on it again and again. On a compiling backend the function is traced
   * once for each set of input shapes; elsewhere it runs operation by operation. What does not fit into memory is
   * an OutOfMemory, which knows what would.
   */
  program(step: StepFunction, state: ProgramArrays): Program;
  /**
   * Opens an ONNX file that was made elsewhere, to be run as it stands. Engines other than onnxruntime have no such
   * function, so the engine's numeric class also says whether a model was run in this way.
   */
  readonly openModel?: (model: OnnxModel) => Promise<ModelSession>;
  /** Frees the backend and ends its threads. Tensors made by it are lost. */
  dispose(): void;
}

export function isBackend(name: string): name is Backend {
  return (BACKENDS as readonly string[]).includes(name);
}
