import type { InferenceSession, OrtData, OrtType, Tensor } from "onnxruntime-node";
import type { ProgramArray } from "../types.js";

/** The part of onnxruntime-node that is used; loaded by `backends/onnx.ts`. */
export type Ort = typeof import("onnxruntime-node");

export interface Runtime {
  readonly ort: Ort;
  readonly threads: number;
  /** Of onnxruntime's execution providers: `cpu`, `webgpu`, `cuda`, `dml`, `coreml`. */
  readonly provider: string;
}

/** Loads a model, `externalData` being files that its weights lie in. Throws what onnxruntime throws. */
export function openSession(
  { ort, threads, provider }: Runtime,
  model: Uint8Array,
  externalData: readonly { readonly path: string; readonly data: Uint8Array }[] = [],
): Promise<InferenceSession> {
  return ort.InferenceSession.create(model, {
    executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
    // A step is a chain: the threads share each operator, not different ones.
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // A plan of all buffers comes on top of those of the first run: twice the memory, for a hundredth of the time.
    enableMemPattern: false,
    // Threads wait for the next operator awake, but not for the next step: others may need the processor.
    extra: { session: { force_spinning_stop: "1" } },
    // Errors are thrown too, and no user can act on warnings.
    logSeverityLevel: 4,
    ...(externalData.length > 0 && { externalData }),
  });
}

export function tensorOf(ort: Ort, { shape, data }: ProgramArray): Tensor {
  return new ort.Tensor(data instanceof Int32Array ? "int32" : "float32", data, shape);
}

export function arrayOf({ data, dims }: Tensor): ProgramArray {
  return { shape: [...dims], data: data instanceof Uint8Array ? Int32Array.from(data) : data };
}

/**
 * One entry of the state, held twice: a step reads the one and writes the other, so nothing is copied and nothing is
 * allocated while steps run.
 */
export class Slot {
  #now: Tensor;
  #spare: Tensor;

  constructor(ort: Ort, { shape, data }: ProgramArray) {
    const type: OrtType = data instanceof Int32Array ? "int32" : "float32";
    const hold = (numbers: OrtData): Tensor => new ort.Tensor(type, numbers, shape);
    this.#now = hold(data.slice());
    this.#spare = hold(data.slice().fill(0));
  }

  get now(): Tensor {
    return this.#now;
  }

  get spare(): Tensor {
    return this.#spare;
  }

  /** After a step that wrote `spare`. */
  turn(): void {
    [this.#now, this.#spare] = [this.#spare, this.#now];
  }

  copy(): ProgramArray {
    const { shape, data } = arrayOf(this.#now);
    return { shape, data: data.slice() };
  }
}
