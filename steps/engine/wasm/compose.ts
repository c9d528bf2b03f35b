/** Repairs of the wasm backend may also loop over its heap. */
import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { composedIn, Scope, type Body, type Repair, type Shape } from "../kernels/scope.js";
import type { TensorFlow } from "../types.js";

/** What is used of the package's backend object. */
export type WasmBackend = Pick<
  BackendWasm,
  "wasm" | "incRef" | "disposeData" | "makeOutput" | "typedArrayFromHeap"
>;

export function composed(kernel: string, body: Body<HeapScope>): Repair {
  return composedIn((tf, backend) => new HeapScope(tf, backend as WasmBackend), kernel, body);
}

export class HeapScope extends Scope {
  constructor(
    tf: TensorFlow,
    readonly backend: WasmBackend,
  ) {
    super(tf, "wasm", backend);
  }

  /** A new tensor; its numbers are whatever the heap held. */
  make(shape: Shape, dtype: DataType = "float32"): TensorInfo {
    return this.hold(this.backend.makeOutput([...shape], dtype));
  }

  /** The numbers of a float tensor, in place. Made anew after each kernel call: the heap may have moved. */
  floats(t: TensorInfo): Float32Array {
    const values = this.backend.typedArrayFromHeap(t);
    if (!(values instanceof Float32Array))
      throw new Error(`Internal error: floats wanted, ${t.dtype} given.`);
    return values;
  }
}
