/** Small ONNX models for tests, as objects that say no more than they must. */
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  DATA_TYPE,
  type NodeProto,
  type TensorProto,
  type ValueInfo,
  writeModel,
} from "../../steps/formats/onnx/index.js";

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** An operator's call: `inputs` and `outputs` are names; `y` is the model's output. */
export interface Operation {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface Constant {
  readonly type?: "float" | "int64" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface ModelInputs {
  readonly name: string;
  readonly type?: keyof typeof DATA_TYPE;
  /** -1: open. */
  readonly shape: readonly number[];
}

export interface OnnxParts {
  readonly opset?: number;
  readonly inputs: readonly ModelInputs[];
  readonly output?: keyof typeof DATA_TYPE;
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly operations: readonly Operation[];
}

export function onnxModel({
  opset = 17,
  inputs,
  output = "float",
  constants = {},
  operations,
}: OnnxParts): Uint8Array {
  return writeModel({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    functions: [],
    graph: {
      name: "g",
      node: operations.map(nodeOf),
      initializer: Object.entries(constants).map(([name, constant]) => tensorOf(name, constant)),
      sparseInitializer: [],
      input: inputs.map(valueOf),
      output: [{ name: "y", type: { tensorType: { elemType: DATA_TYPE[output] } } }],
      valueInfo: [],
    },
  });
}

function nodeOf({ op, inputs, outputs = ["y"], attributes = {} }: Operation, i: number): NodeProto {
  return {
    opType: op,
    name: `${op} ${i}`,
    input: inputs,
    output: outputs,
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  };
}

function attributeOf(name: string, value: AttributeValue): AttributeProto {
  const none = { name, floats: [], ints: [], strings: [] };
  if (typeof value === "string") return { ...none, type: ATTRIBUTE_TYPE.string, s: Buffer.from(value) };
  if (typeof value === "number") return { ...none, type: ATTRIBUTE_TYPE.int, i: value };
  if ("float" in value) return { ...none, type: ATTRIBUTE_TYPE.float, f: value.float };
  return { ...none, type: ATTRIBUTE_TYPE.ints, ints: value };
}

function tensorOf(name: string, { type = "float", shape, data }: Constant): TensorProto {
  const none = {
    floatData: [],
    int32Data: [],
    int64Data: [],
    doubleData: [],
    uint64Data: [],
    externalData: [],
  };
  const made = { ...none, name, dims: shape, dataType: DATA_TYPE[type] };
  if (type === "float") return { ...made, floatData: data };
  return type === "int64" ? { ...made, int64Data: data } : { ...made, int32Data: data };
}

function valueOf({ name, type = "float", shape }: ModelInputs): ValueInfo {
  const dim = shape.map(n => (n < 0 ? { dimParam: "n" } : { dimValue: n }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}
