/** Foreign ONNX models, run by onnxruntime as they stand: every operator and type that it knows, and no form of ours. */
import type { Tensor } from "onnxruntime-node";
import { fromHalf, toHalf } from "../../formats/half.js";
import type { ModelInput, ModelSession, OnnxModel } from "../types.js";
import { openSession, type Ort, type Runtime } from "./session.js";

/** Throws what onnxruntime throws at a model that it does not take. */
export async function openModel(runtime: Runtime, { bytes, external }: OnnxModel): Promise<ModelSession> {
  const session = await openSession(runtime, bytes, external);
  return {
    async run(inputs, output) {
      const feeds = Object.entries(inputs).map(
        ([name, input]) => [name, tensorOf(runtime.ort, input)] as const,
      );
      const results = await session.run(Object.fromEntries(feeds), { [output]: null });
      const tensor = results[output];
      if (tensor === undefined) throw new Error(`it put out no '${output}'`);
      return { shape: [...tensor.dims], data: numbersOf(tensor, output) };
    },
    dispose: () => void session.release(),
  };
}

function tensorOf({ Tensor }: Ort, { type, shape, data }: ModelInput): Tensor {
  switch (type) {
    case "float32":
      return new Tensor(type, data, shape);
    case "float16":
      return new Tensor(type, Uint16Array.from(data, toHalf), shape);
    case "float64":
      return new Tensor(type, Float64Array.from(data), shape);
    case "int32":
      return new Tensor(type, Int32Array.from(data), shape);
    case "int64":
      return new Tensor(type, BigInt64Array.from(Array.from(data, BigInt)), shape);
  }
}

function numbersOf(tensor: Tensor, name: string): Float32Array {
  const { type, data }: { readonly type: string; readonly data: unknown } = tensor;
  if (data instanceof Float32Array) return data;
  // Halves come as their bits, or as numbers where JavaScript has a Float16Array.
  if (type === "float16" && data instanceof Uint16Array) return Float32Array.from(data, fromHalf);
  if (type === "float16" && ArrayBuffer.isView(data)) return Float32Array.from(data as unknown as number[]);
  if (data instanceof Float64Array || data instanceof Uint8Array) return Float32Array.from(data);
  throw new Error(`its output '${name}' is of type ${type}; images are float32, float16, float64 or uint8`);
}
