import type { DataId, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import {
  type Attributes,
  type ConstantData,
  type Node,
  Refusal,
  sizeOf,
  type Value,
  type ValueType,
} from "./graph.js";

/** What a shape rule says of one output. */
export type Shaped = Pick<Value, "shape" | "dtype">;

/**
 * Takes down what a TensorFlow.js backend is asked to do, and does none of it. Deep stacks are captured with every
 * node, so keep a recorder no longer than a trace.
 */
export class Recorder {
  readonly nodes: Node[] = [];
  readonly #values = new WeakMap<DataId, Value>();
  readonly #scope = new Set<DataId>();

  /** `numbers`: constants keep theirs. */
  constructor(private readonly numbers: boolean) {}

  /** The value behind a tensor, or a Refusal if the tensor was made outside of the trace. */
  valueOf(tensor: TensorInfo, user: string): Value {
    const value = this.#values.get(tensor.dataId);
    if (value === undefined)
      throw new Refusal(user, here(), "uses a tensor that is neither state nor input of the step function");
    // A tensor may be a view: same data, other shape.
    return sameShape(value.shape, tensor.shape)
      ? value
      : this.#reshaped(value, { shape: tensor.shape, dtype: value.dtype });
  }

  record(
    kernel: string,
    inputs: Record<string, TensorInfo>,
    attributes: Attributes,
    made: Shaped[],
  ): TensorInfo[] {
    const values = Object.entries(inputs).map(
      ([name, tensor]) => [name, this.valueOf(tensor, kernel)] as const,
    );
    const outputs = made.map(({ shape, dtype }): Value => ({ shape: [...shape], dtype }));
    this.nodes.push({ kernel, inputs: Object.fromEntries(values), attributes, outputs, origin: here() });
    return outputs.map(output => this.tensorOf(output));
  }

  /** A new handle of a value; TensorFlow.js frees handles one by one. */
  tensorOf(value: Value): TensorInfo {
    const dataId = {};
    this.#values.set(dataId, value);
    this.#scope.add(dataId);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  constant(values: ArrayLike<unknown> | null, shape: readonly number[], dtype: ValueType): TensorInfo {
    if (!this.numbers) return this.tensorOf({ shape: [...shape], dtype });
    // Copied: whoever made the numbers may go on to use the array.
    return this.tensorOf({ shape: [...shape], dtype, data: numbers(dtype, values, sizeOf(shape)).slice() });
  }

  free(dataId: DataId): void {
    this.#scope.delete(dataId);
  }

  get handles(): number {
    return this.#scope.size;
  }

  #reshaped(value: Value, to: Shaped): Value {
    const output: Value = { shape: [...to.shape], dtype: to.dtype };
    const attributes = { shape: [...to.shape] };
    this.nodes.push({
      kernel: "Reshape",
      inputs: { x: value },
      attributes,
      outputs: [output],
      origin: here(),
    });
    return output;
  }
}

/**
 * The TensorFlow.js backend in front of a recorder. Its kernels are registered by `kernels.ts`; here is what the
 * engine asks of any backend: to take numbers in, and to give them back, which this one cannot.
 */
export function traceBackend(tf: TensorFlow, recorder: () => Recorder): KernelBackend {
  return new (class extends tf.KernelBackend {
    override write(values: ArrayLike<unknown> | null, shape: number[], dtype: string): DataId {
      if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
        throw new Refusal(`A tensor of ${dtype}`, here());
      return recorder().constant(values, shape, dtype).dataId;
    }
    override readSync(): never {
      throw new Refusal("Reading a tensor's numbers", here(), "is not possible within a step function");
    }
    override read(): never {
      return this.readSync();
    }
    override disposeData(dataId: DataId): boolean {
      recorder().free(dataId);
      return true;
    }
    override incRef(): void {
      // Every handle has data of its own.
    }
    override refCount(): number {
      return 1;
    }
    override numDataIds(): number {
      return recorder().handles;
    }
    override memory(): { unreliable: boolean } {
      return { unreliable: true };
    }
    override floatPrecision(): 32 {
      return 32;
    }
    override epsilon(): number {
      return super.epsilon();
    }
    override timerAvailable(): boolean {
      return false;
    }
    override dispose(): void {
      // Nothing is held.
    }
  })();
}

/** A stack that is deep enough to reach the step function from within a gradient. */
export function here(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const origin = new Error("called");
  Error.stackTraceLimit = limit;
  return origin;
}

function numbers(dtype: ValueType, values: ArrayLike<unknown> | null, size: number): ConstantData {
  const given = (values ?? new Array<number>(size).fill(0)) as ArrayLike<number>;
  switch (dtype) {
    case "float32":
      return given instanceof Float32Array ? given : Float32Array.from(given);
    case "int32":
      return given instanceof Int32Array ? given : Int32Array.from(given);
    case "bool":
      return Uint8Array.from(given, value => (value ? 1 : 0));
  }
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
