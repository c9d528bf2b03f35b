/**
 * What a step kind knows of tensors: an `Engine`. Types only, so that importing this file costs nothing.
 * Does not: name any backend's package; that is the work of `backends/`.
 */
import type * as tfjs from "@tensorflow/tfjs-core";
import type { Graph } from "./trace/graph.js";

type Tensor = tfjs.Tensor;
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

/** Numbers on their way to or from an engine, row-major. An Int32Array makes an int32 tensor. */
export interface ProgramArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
export type ProgramArrays = Readonly<Record<string, ProgramArray>>;
export type ProgramTensors = Readonly<Record<string, Tensor>>;

/**
 * What is done each time, in TensorFlow.js operations on `state` and `inputs` alone. It must be pure: it may be run once
 * for many steps, so whatever differs from step to step (a rate, a random number) has to come in through `inputs`, and
 * it may not read a tensor's numbers. It returns the entries of the state that change; the others are constants.
 */
export type StepFunction = (
  state: ProgramTensors,
  inputs: ProgramTensors,
) => { readonly state?: ProgramTensors; readonly outputs: ProgramTensors };

/** A step function together with its state on the device. Steps run one after another, in the order of the calls. */
export interface Program {
  /** How it runs, in words, for a step's log: `compiled (214 operations)`, or `eager: ` and why. */
  readonly how: string;
  /**
   * Runs one step. Resolves with the outputs, or, with `read: false`, with nothing as soon as the next step can be
   * given. Throws what the engine throws; the state is then lost.
   */
  run(inputs: ProgramArrays, options?: { readonly read?: boolean }): Promise<ProgramArrays>;
  /** Copies of the state's numbers after the steps so far. */
  state(): Promise<ProgramArrays>;
  dispose(): void;
}

/** Where an engine's memory ends, and how steps fill it. */
export interface Memory {
  /** Bytes that steps may take. Undefined where that is not known. */
  readonly limit: number | undefined;
  /** Bytes that a step takes, about; infinite for one that the engine cannot hold whatever its memory. */
  readonly needs: (graph: Graph) => number;
  /** The system would end the process without a word, so a step that does not fit is refused before it runs. */
  readonly silent: boolean;
}

/** A foreign ONNX model, which onnxruntime runs as it stands. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** Files that weights lie in, by the location that the model states. */
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Numbers of a model's input, and the type that it declares for them. */
export interface ModelInput {
  readonly type: "float32" | "float16" | "float64" | "int32" | "int64";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface ModelOutput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface ModelSession {
  run(inputs: Readonly<Record<string, ModelInput>>, output: string): Promise<ModelOutput>;
  dispose(): void;
}
