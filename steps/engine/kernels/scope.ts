/**
 * How a repaired kernel is written: as a composition of the kernels that its backend has. A `Scope` frees every
 * intermediate result, also when a kernel throws.
 * Shapes of images are [N, H, W, C] throughout; filters are [kh, kw, C, K].
 */
import type { KernelConfig, KernelFunc, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";

export type Shape = readonly number[];

/** A kernel of ours. `make` gets the package's own kernel, where there is one. */
export interface Repair {
  readonly kernel: string;
  readonly make: (tf: TensorFlow, original: KernelConfig | undefined) => KernelFunc;
}

/** What is used of a backend's object. */
export interface ScopeBackend {
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean | undefined;
}

/** Computes a kernel's one result. `never` stands for the kernel's own types, which the body declares. */
export type Body<S> = (scope: S, inputs: never, attrs: never, original: KernelFunc | undefined) => TensorInfo;

/** A repair whose kernel has tensors by name and one result. `open` makes the scope in which the body works. */
export function composedIn<S extends Scope>(
  open: (tf: TensorFlow, backend: object) => S,
  kernel: string,
  body: Body<S>,
): Repair {
  return {
    kernel,
    make: (tf, original) => args => {
      const scope = open(tf, args.backend);
      try {
        const result = body(scope, args.inputs as never, args.attrs as never, original?.kernelFunc);
        return scope.release(result);
      } finally {
        scope.free();
      }
    },
  };
}

/** A repair for the backend of that name. */
export function composedFor(backendName: string, kernel: string, body: Body<Scope>): Repair {
  return composedIn((tf, backend) => new Scope(tf, backendName, backend as ScopeBackend), kernel, body);
}

export class Scope {
  readonly #held: TensorInfo[] = [];

  constructor(
    readonly tf: TensorFlow,
    private readonly backendName: string,
    private readonly owner: ScopeBackend,
  ) {}

  /** Runs a kernel of the backend (with its repair, if it has one). */
  run(kernel: string, inputs: Record<string, TensorInfo> | readonly TensorInfo[], attrs: object): TensorInfo {
    return this.call(this.tf.getKernel(kernel, this.backendName).kernelFunc, inputs, attrs);
  }

  call(
    kernel: KernelFunc,
    inputs: Record<string, TensorInfo> | readonly TensorInfo[],
    attrs: object,
  ): TensorInfo {
    const result = kernel({
      // Kernels of lists (Concat) take an array here, though the type does not say so.
      inputs: inputs as NamedTensorInfoMap,
      backend: this.owner,
      attrs: attrs as NonNullable<Parameters<KernelFunc>[0]["attrs"]>,
    });
    if (Array.isArray(result))
      throw new Error("Internal error: a kernel with several results in a composition.");
    return this.hold(result);
  }

  /** The same numbers under another shape; nothing is copied. */
  view(t: TensorInfo, shape: Shape): TensorInfo {
    this.owner.incRef(t.dataId);
    return this.hold({ dataId: t.dataId, shape: [...shape], dtype: t.dtype });
  }

  transpose(x: TensorInfo, perm: Shape): TensorInfo {
    return this.run("Transpose", { x }, { perm });
  }

  slice(x: TensorInfo, begin: Shape, size: Shape): TensorInfo {
    return this.run("Slice", { x }, { begin, size });
  }

  concat(parts: readonly TensorInfo[], axis: number): TensorInfo {
    return this.run("Concat", parts, { axis });
  }

  pad(x: TensorInfo, paddings: readonly Shape[]): TensorInfo {
    return this.run("PadV2", { x }, { paddings, constantValue: 0 });
  }

  matMul(a: TensorInfo, b: TensorInfo, transposeA = false, transposeB = false): TensorInfo {
    return this.run("BatchMatMul", { a, b }, { transposeA, transposeB });
  }

  /** Stride 1. `pad`: [[top, bottom], [left, right]]. */
  conv2d(
    x: TensorInfo,
    filter: TensorInfo,
    pad: readonly [Shape, Shape],
    dilations: Shape = [1, 1],
  ): TensorInfo {
    const attrs = { strides: [1, 1], pad: [[0, 0], ...pad, [0, 0]], dataFormat: "NHWC", dilations };
    return this.run("Conv2D", { x, filter }, attrs);
  }

  /** Takes the result out of the scope: it survives `free`. */
  release(result: TensorInfo): TensorInfo {
    const at = this.#held.lastIndexOf(result);
    if (at < 0) throw new Error("Internal error: a composition returned a tensor that it does not own.");
    this.#held.splice(at, 1);
    return result;
  }

  free(): void {
    for (const t of this.#held.splice(0)) this.owner.disposeData(t.dataId);
  }

  protected hold(t: TensorInfo): TensorInfo {
    this.#held.push(t);
    return t;
  }
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}
