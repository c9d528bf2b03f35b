/** What is used of onnxruntime-node, which is an optional dependency: its own types may not be there to compile with. */
declare module "onnxruntime-node" {
  export type OrtType = "float32" | "int32" | "bool";
  export type OrtData = Float32Array | Int32Array | Uint8Array;
  export class Tensor {
    constructor(type: OrtType, data: OrtData, dims: readonly number[]);
    constructor(type: "float16", data: Uint16Array, dims: readonly number[]);
    constructor(type: "float64", data: Float64Array, dims: readonly number[]);
    constructor(type: "int64", data: BigInt64Array, dims: readonly number[]);
    readonly type: OrtType;
    readonly data: OrtData;
    readonly dims: readonly number[];
  }
  export class InferenceSession {
    static create(model: Uint8Array, options: object): Promise<InferenceSession>;
    /** `fetches`: which outputs, and for each the tensor to write it to, or null for a new one. */
    run(
      feeds: Readonly<Record<string, Tensor>>,
      fetches: Readonly<Record<string, Tensor | null>>,
    ): Promise<Readonly<Record<string, Tensor>>>;
    release(): Promise<void>;
    endProfiling(): void;
  }
  export const env: { readonly versions: { readonly node?: string; readonly common: string } };
  export function listSupportedBackends(): readonly { readonly name: string; readonly bundled: boolean }[];
}
