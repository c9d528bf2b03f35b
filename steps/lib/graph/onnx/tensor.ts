import { DATA_TYPE, type TensorProto } from "../../onnx/index.js";
import { countWithin } from "../host.js";
import type { HostArray } from "../types.js";

/**
 * The numbers of a tensor in an ONNX file: float32, or whole numbers (as they stand for shapes and indices). `what`
 * stands in errors. The claimed shape is held against the bytes that are there before anything is made.
 */
export function readTensor(tensor: TensorProto, what: string): HostArray {
  const { dims, dataType, rawData, dataLocation, externalData } = tensor;
  if (dataLocation === 1 || externalData.length > 0) {
    const file = externalData.find(({ key }) => key === "location")?.value ?? "another file";
    throw new Error(
      `${what} lies in another file ('${file}'): save the model as one file ` +
        "(onnx.save_model(model, path, save_as_external_data=False))",
    );
  }
  const type = types.get(dataType ?? 0);
  if (type === undefined)
    throw new Error(
      `${what} is of type ${typeName(dataType)}; float32, int32, int64 and bool are supported: export the model in float32`,
    );
  const count = countWithin(dims);
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
