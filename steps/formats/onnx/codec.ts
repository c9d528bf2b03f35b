/**
 * ONNX files to objects and back. Does not: judge a model; whoever reads a stranger's file must check types, shapes and
 * sizes before believing them.
 */
import type protobufjs from "protobufjs/light.js";
import { createRequire } from "node:module";
import type { ModelProto } from "./messages.js";

/** Throws an Error where the bytes are no protobuf message. `rawData` are views of `bytes`, not copies. */
export function readModel(bytes: Uint8Array): ModelProto {
  // A Buffer is read without copying its parts.
  const message = MODEL.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return MODEL.toObject(message, { longs: Number, arrays: true }) as ModelProto;
}

export function writeModel(model: ModelProto): Uint8Array {
  return MODEL.encode(MODEL.fromObject(model)).finish();
}

/**
 * The part of onnx.proto that models are made of, as protobufjs takes it: `name: [field number, type, repeated?]`.
 * Field numbers are ONNX's for ever. Fields that nobody here reads (documentation, training information, quantisation
 * notes) are left out; protobuf passes over what it does not know.
 */
// By `require`, as all CommonJS that steps start with (`engine/backends/load.ts`).
const protobuf = createRequire(import.meta.url)("protobufjs/light.js") as typeof protobufjs;

type Field = readonly [id: number, type: string, repeated?: "repeated"];

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ModelProto: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    producerVersion: [3, "string"],
    domain: [4, "string"],
    modelVersion: [5, "int64"],
    graph: [7, "GraphProto"],
    opsetImport: [8, "OperatorSetId", "repeated"],
    functions: [25, "FunctionProto", "repeated"],
  },
  OperatorSetId: { domain: [1, "string"], version: [2, "int64"] },
  FunctionProto: { name: [1, "string"], node: [7, "NodeProto", "repeated"], domain: [10, "string"] },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    input: [11, "ValueInfo", "repeated"],
    output: [12, "ValueInfo", "repeated"],
    valueInfo: [13, "ValueInfo", "repeated"],
    sparseInitializer: [15, "Opaque", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float", "repeated"],
    ints: [8, "int64", "repeated"],
    strings: [9, "bytes", "repeated"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64", "repeated"],
    dataType: [2, "int32"],
    floatData: [4, "float", "repeated"],
    int32Data: [5, "int32", "repeated"],
    int64Data: [7, "int64", "repeated"],
    name: [8, "string"],
    rawData: [9, "bytes"],
    doubleData: [10, "double", "repeated"],
    uint64Data: [11, "uint64", "repeated"],
    externalData: [13, "StringStringEntry", "repeated"],
    dataLocation: [14, "int32"],
  },
  StringStringEntry: { key: [1, "string"], value: [2, "string"] },
  ValueInfo: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: {
    tensorType: [1, "TensorType"],
    sequenceType: [4, "Opaque"],
    mapType: [5, "Opaque"],
    sparseTensorType: [8, "Opaque"],
    optionalType: [9, "Opaque"],
  },
  TensorType: { elemType: [1, "int32"], shape: [2, "TensorShape"] },
  TensorShape: { dim: [1, "Dimension", "repeated"] },
  Dimension: { dimValue: [1, "int64"], dimParam: [2, "string"] },
  /** Known to be there, not read. */
  Opaque: {},
};

/** The protobuf type of a whole model file. */
export const MODEL: protobufjs.Type = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([message, fields]) => [message, { fields: fieldsOf(fields) }]),
  ),
}).lookupType("ModelProto");

function fieldsOf(fields: Readonly<Record<string, Field>>): Record<string, protobufjs.IField> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [
      name,
      rule === undefined ? { id, type } : { id, type, rule },
    ]),
  );
}
