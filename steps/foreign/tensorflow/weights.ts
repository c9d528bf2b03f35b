import type { Json, JsonObject } from "../../../runner/step-api.js";
import { fromHalf } from "../../formats/half.js";
import { isJsonObject } from "../../formats/json.js";
import { countWithin } from "../host.js";
import type { HostArray } from "../tensor-graph.js";

/**
 * The weights of a TensorFlow.js manifest's group, cut out of its bytes one after another. float32, int32 and bool;
 * float32 also quantised: uint8 and uint16 stand for min + value * scale, float16 for itself.
 */
export function readWeights(specs: readonly JsonObject[], bytes: Uint8Array): Map<string, HostArray> {
  const weights = new Map<string, HostArray>();
  let at = 0;
  for (const spec of specs) {
    const { name, dtype } = spec;
    if (typeof name !== "string") throw new Error("a weight has no name");
    const what = `the weight '${name}'`;
    const shape = wholeNumbers(spec["shape"]);
    if (shape === undefined) throw new Error(`${what} has no shape`);
    const coding = codingOf(dtype, spec["quantization"], what);
    const count = countWithin(shape);
    const end = at + count * coding.bytes;
    if (end > bytes.length)
      throw new Error(`${what} ends at byte ${end}, the weights have ${bytes.length}: they are cut short`);
    weights.set(name, {
      type: coding.type,
      shape,
      data: coding.read(new Uint8Array(bytes.subarray(at, end)).buffer),
    });
    at = end;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes of the weights belong to no weight`);
  return weights;
}

interface Coding {
  readonly type: HostArray["type"];
  readonly bytes: number;
  readonly read: (raw: ArrayBuffer) => HostArray["data"];
}

function codingOf(dtype: Json | undefined, quantization: Json | undefined, what: string): Coding {
  if (quantization !== undefined) return quantised(dtype, quantization, what);
  const coding = typeof dtype === "string" ? codings.get(dtype) : undefined;
  if (coding !== undefined) return coding;
  throw new Error(`${what} is of type ${JSON.stringify(dtype)}; float32, int32 and bool are supported`);
}

const codings: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["float32", { type: "float32", bytes: 4, read: raw => new Float32Array(raw) }],
  ["int32", { type: "int32", bytes: 4, read: raw => Float64Array.from(new Int32Array(raw)) }],
  ["bool", { type: "bool", bytes: 1, read: raw => Float64Array.from(new Uint8Array(raw)) }],
]);

function quantised(dtype: Json | undefined, quantization: Json, what: string): Coding {
  const { dtype: stored, scale = 1, min = 0 } = isJsonObject(quantization) ? quantization : {};
  if (dtype !== "float32" || typeof scale !== "number" || typeof min !== "number")
    throw new Error(`${what}: its quantisation is not supported`);
  const linear = (values: Uint8Array | Uint16Array): Float32Array =>
    Float32Array.from(values, value => min + value * scale);
  const float32 = (bytes: number, read: Coding["read"]): Coding => ({ type: "float32", bytes, read });
  if (stored === "uint8") return float32(1, raw => linear(new Uint8Array(raw)));
  if (stored === "uint16") return float32(2, raw => linear(new Uint16Array(raw)));
  if (stored === "float16") return float32(2, raw => Float32Array.from(new Uint16Array(raw), fromHalf));
  throw new Error(`${what} is quantised to ${JSON.stringify(stored)}, which is not supported`);
}

function wholeNumbers(value: Json | undefined): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value as readonly Json[];
  const whole = items.filter((n): n is number => typeof n === "number" && Number.isInteger(n) && n >= 0);
  return whole.length === items.length ? whole : undefined;
}
