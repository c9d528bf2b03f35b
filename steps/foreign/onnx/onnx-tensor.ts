import { DATA_TYPE, type TensorProto } from "../../formats/onnx/index.js";
import { fromHalf } from "../../formats/half.js";
import { countWithin } from "../host.js";
import { type HostArray, Unreadable } from "../tensor-graph.js";
import { type ExternalFiles, externalBytes } from "./external.js";

/**
 * The numbers of a tensor in an ONNX file: floating-point ones as float32, or whole numbers. `what` stands in errors.
 * The claimed shape is held against the bytes that are there before anything is made. `Unreadable`: of a type that
 * the table of operators does not compute with.
 */
export function readTensor(tensor: TensorProto, what: string, files: ExternalFiles): HostArray | Unreadable {
  const { dims, dataType } = tensor;
  const type = types.get(dataType ?? 0);
  if (type === undefined)
    return new Unreadable(
      `${what} is of type ${typeName(dataType)}; ${[...types.keys()].map(typeName).join(", ")} are supported`,
    );
  const count = countWithin(dims);
  const rawData = externalBytes(tensor, what, files) ?? tensor.rawData;
  const listed = rawData === undefined ? type.list(tensor) : undefined;
  const there = listed?.length ?? (rawData?.length ?? 0) / type.bytes;
  if (there !== count)
    throw new Error(`${what}: its shape [${dims.join(", ")}] has ${count} numbers, the file holds ${there}`);
  const data = listed === undefined ? type.read(rawData ?? new Uint8Array()) : type.make(listed);
  return { type: type.is, shape: dims, data };
}

interface Type {
  readonly is: HostArray["type"];
  readonly bytes: number;
  readonly list: (tensor: TensorProto) => readonly number[];
  readonly make: (values: readonly number[]) => HostArray["data"];
  readonly read: (raw: Uint8Array) => HostArray["data"];
}

const whole = { is: "int32", make: (values: readonly number[]) => Float64Array.from(values) } as const;

const types: ReadonlyMap<number, Type> = new Map<number, Type>([
  [
    DATA_TYPE.float,
    {
      ...{ is: "float32", bytes: 4, list: tensor => tensor.floatData },
      make: values => Float32Array.from(values),
      read: raw => new Float32Array(copied(raw)),
    },
  ],
  [
    DATA_TYPE.int32,
    {
      ...{ ...whole, bytes: 4, list: tensor => tensor.int32Data },
      read: raw => Float64Array.from(new Int32Array(copied(raw))),
    },
  ],
  [
    DATA_TYPE.int64,
    {
      ...{ ...whole, bytes: 8, list: tensor => tensor.int64Data },
      read: raw => Float64Array.from(new BigInt64Array(copied(raw)), Number),
    },
  ],
  [
    DATA_TYPE.uint8,
    { ...{ ...whole, bytes: 1, list: tensor => tensor.int32Data }, read: raw => Float64Array.from(raw) },
  ],
  [
    DATA_TYPE.int8,
    {
      ...{ ...whole, bytes: 1, list: tensor => tensor.int32Data },
      read: raw => Float64Array.from(new Int8Array(copied(raw))),
    },
  ],
  [
    DATA_TYPE.float16,
    {
      // Halves that are listed stand as their bits.
      ...{ is: "float32", bytes: 2, list: tensor => tensor.int32Data },
      make: values => Float32Array.from(values, fromHalf),
      read: raw => Float32Array.from(new Uint16Array(copied(raw)), fromHalf),
    },
  ],
  [
    DATA_TYPE.double,
    {
      ...{ is: "float32", bytes: 8, list: tensor => tensor.doubleData },
      make: values => Float32Array.from(values),
      read: raw => Float32Array.from(new Float64Array(copied(raw))),
    },
  ],
  [
    DATA_TYPE.bool,
    {
      ...{ is: "bool", bytes: 1, list: tensor => tensor.int32Data },
      make: values => Float64Array.from(values),
      read: raw => Float64Array.from(raw),
    },
  ],
]);

/** The bytes by themselves: within the file they need not be aligned. */
function copied(raw: Uint8Array): ArrayBuffer {
  return new Uint8Array(raw).buffer;
}

function typeName(type: number | undefined): string {
  const found = Object.entries(DATA_TYPE).find(([, number]) => number === type);
  return found?.[0] ?? String(type);
}
