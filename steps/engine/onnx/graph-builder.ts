/**
 * An ONNX model in the making. Values are names. The same operator on the same inputs is added once, so lowerings may
 * build what they share (the patches of an image, say) as often as they need it.
 */
import { ATTRIBUTE_TYPE, DATA_TYPE } from "../../formats/onnx/index.js";
import type {
  AttributeProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfo,
} from "../../formats/onnx/index.js";
import { sizeOf, type ValueType } from "../trace/index.js";

/** Of an operator: whole numbers, lists of them, text; `float(x)` for any other number. */
export type Attribute = number | readonly number[] | string | { readonly float: number };
export const float = (x: number): Attribute => ({ float: x });

/** ONNX operators are those of this version; onnxruntime's own ones are in MICROSOFT. */
const OPSET = 18;
const IR_VERSION = 8;
export const MICROSOFT = "com.microsoft";

export class Builder {
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #made = new Map<string, readonly string[]>();
  #count = 0;

  get operations(): number {
    return this.#nodes.length;
  }

  /** Adds an operator with one output. A domain goes before its name: `com.microsoft.FusedMatMul`. */
  op(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return one(this.ops(type, inputs, attributes, 1));
  }

  ops(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number,
  ): readonly string[] {
    return this.#once(JSON.stringify([type, inputs, attributes, outputs]), () => {
      const output = Array.from({ length: outputs }, () => this.#name());
      const at = type.lastIndexOf(".");
      const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
      const place = at < 0 ? {} : { domain: type.slice(0, at) };
      this.#nodes.push({ ...place, opType: type.slice(at + 1), input: [...inputs], output, attribute });
      return output;
    });
  }

  /** A vector of int64, which is how ONNX takes shapes, axes and places. */
  ints(values: readonly number[]): string {
    return this.#constant("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  /** int32 places to gather from: half the size of `ints`. */
  places(values: Int32Array): string {
    return this.constant("int32", [values.length], values);
  }

  /** A float scalar. */
  scalar(value: number): string {
    return this.constant("float32", [], Float32Array.of(value));
  }

  constant(dtype: ValueType, shape: readonly number[], data: Float32Array | Int32Array | Uint8Array): string {
    return this.#constant(ONNX_TYPES[dtype], shape, data);
  }

  /** A constant of which every number is the same. */
  filled(shape: readonly number[], value: number): string {
    return this.constant("float32", shape, new Float32Array(sizeOf(shape)).fill(value));
  }

  input(name: string, shape: readonly number[], dtype: ValueType): string {
    this.#inputs.push(info(name, shape, dtype));
    return name;
  }

  output(name: string, value: string, shape: readonly number[], dtype: ValueType): void {
    this.#nodes.push({ opType: "Identity", input: [value], output: [name], attribute: [] });
    this.#outputs.push(info(name, shape, dtype));
  }

  model(): ModelProto {
    return {
      irVersion: IR_VERSION,
      opsetImport: [{ version: OPSET }, { domain: MICROSOFT, version: 1 }],
      functions: [],
      graph: {
        name: "step",
        ...{ node: this.#nodes, initializer: this.#constants, input: this.#inputs, output: this.#outputs },
        ...{ sparseInitializer: [], valueInfo: [] },
      },
    };
  }

  #constant(
    type: keyof typeof DATA_TYPE,
    dims: readonly number[],
    data: Float32Array | Int32Array | Uint8Array | BigInt64Array,
  ): string {
    const rawData = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const make = (): string[] => {
      const name = this.#name();
      this.#constants.push({ name, dims: [...dims], dataType: DATA_TYPE[type], rawData, ...NO_LISTS });
      return [name];
    };
    // Only small ones are worth the comparison.
    const key = rawData.length > 65536 ? undefined : `${type} ${dims.join()} ${rawData.toString("base64")}`;
    return one(key === undefined ? make() : this.#once(key, make));
  }

  #once(key: string, make: () => readonly string[]): readonly string[] {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  #name(): string {
    return `v${this.#count++}`;
  }
}

const ONNX_TYPES = { float32: "float", int32: "int32", bool: "bool" } as const;
export function onnxType(dtype: ValueType): number {
  return DATA_TYPE[ONNX_TYPES[dtype]];
}

const NO_LISTS = {
  ...{ floatData: [], int32Data: [], int64Data: [], doubleData: [], uint64Data: [], externalData: [] },
};

function attributeOf(name: string, value: Attribute): AttributeProto {
  const none = { name, floats: [], ints: [], strings: [] };
  if (typeof value === "number") return { ...none, type: ATTRIBUTE_TYPE.int, i: value };
  if (typeof value === "string") return { ...none, type: ATTRIBUTE_TYPE.string, s: Buffer.from(value) };
  if ("float" in value) return { ...none, type: ATTRIBUTE_TYPE.float, f: value.float };
  return { ...none, type: ATTRIBUTE_TYPE.ints, ints: [...value] };
}

function info(name: string, shape: readonly number[], dtype: ValueType): ValueInfo {
  const dim = shape.map(dimValue => ({ dimValue }));
  return { name, type: { tensorType: { elemType: onnxType(dtype), shape: { dim } } } };
}

function one([name]: readonly string[]): string {
  if (name === undefined) throw new Error("Internal error: an operator without an output.");
  return name;
}
