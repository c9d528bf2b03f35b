/**
 * ONNX models as plain objects: the messages of onnx.proto (IR version 8 and later), in camelCase. A field that a file
 * leaves out is absent; a repeated one is then an empty list. int64 numbers are JavaScript's, so beyond 2^53 they
 * are rounded; `rawData` keeps every bit.
 */
export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: number;
  readonly graph?: GraphProto;
  readonly opsetImport: readonly OperatorSetId[];
  /** Functions of the model's own that its nodes call. */
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetId {
  /** Empty: ONNX's own operators. */
  readonly domain?: string;
  readonly version?: number;
}

export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly node: readonly NodeProto[];
}

export interface GraphProto {
  readonly name?: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly unknown[];
  readonly input: readonly ValueInfo[];
  readonly output: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
}

export interface NodeProto {
  /** Empty names stand for optional inputs that are not given. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name?: string;
  /** One of ATTRIBUTE_TYPE. */
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  /** UTF-8. */
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
}

export interface TensorProto {
  readonly dims: readonly number[];
  /** One of DATA_TYPE. */
  readonly dataType?: number;
  readonly name?: string;
  /** Little-endian, row-major; else one of the typed lists holds the numbers. */
  readonly rawData?: Uint8Array;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly number[];
  readonly externalData: readonly { readonly key?: string; readonly value?: string }[];
  /** 1: the numbers are in another file, which `externalData` names. */
  readonly dataLocation?: number;
}

export interface ValueInfo {
  readonly name?: string;
  readonly type?: TypeProto;
}

/** Tensors alone are spelt out; `sequenceType` and the like are there to be recognised and refused. */
export interface TypeProto {
  readonly tensorType?: {
    readonly elemType?: number;
    readonly shape?: { readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[] };
  };
  readonly sequenceType?: unknown;
  readonly mapType?: unknown;
  readonly optionalType?: unknown;
  readonly sparseTensorType?: unknown;
}

export const DATA_TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
} as const;

export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;
