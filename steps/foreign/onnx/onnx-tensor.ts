import { fromHalf } from "../../formats/half.js";
import {
  DATA_TYPE,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "../../formats/onnx/index.js";
import { countWithin } from "../host.js";
import { type HostArray, Unreadable } from "../tensor-graph.js";

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

/** Files that an ONNX model's weights may lie in, by the location that the model states. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/** The files that the model says its weights lie in, wherever in it that stands. */
export function externalLocations({ graph, functions }: ModelProto): Set<string> {
  const found = new Set<string>();
  const tensor = (given: TensorProto): void => {
    if (isExternal(given)) found.add(locationOf(given));
  };
  const node = ({ attribute }: NodeProto): void => {
    for (const { t, g } of attribute) {
      if (t !== undefined) tensor(t);
      if (g !== undefined) walk(g);
    }
  };
  const walk = (inner: GraphProto): void => {
    inner.initializer.forEach(tensor);
    inner.node.forEach(node);
  };
  if (graph !== undefined) walk(graph);
  for (const own of functions) own.node.forEach(node);
  return found;
}

/**
 * Throws where the model names a file that was not given with it. onnxruntime would look for such a file in the working
 * folder, so this is checked before it sees the model.
 */
export function checkExternal(model: ModelProto, files: ExternalFiles): void {
  const missing = [...externalLocations(model)].find(location => !files.has(location));
  if (missing !== undefined)
    throw new Error(
      `a part of its weights lies in another file ('${missing}'): name that file under sha256 too, or save the model as ` +
        "one file (torch.onnx.export(..., external_data=False), onnx.save_model(..., save_as_external_data=False))",
    );
}

/** The bytes of a tensor that lies in another file; undefined for one that does not. */
export function externalBytes(
  tensor: TensorProto,
  what: string,
  files: ExternalFiles,
): Uint8Array | undefined {
  if (!isExternal(tensor)) return undefined;
  const location = locationOf(tensor);
  const file = files.get(location);
  if (file === undefined) throw new Error(`${what} lies in another file ('${location}')`);
  const number = (key: string, fallback: number): number => {
    const given = tensor.externalData.find(entry => entry.key === key)?.value;
    const value = given === undefined ? fallback : Number(given);
    if (!Number.isSafeInteger(value) || value < 0)
      throw new Error(`${what}: its ${key} in '${location}' is ${given ?? ""}`);
    return value;
  };
  const offset = number("offset", 0);
  const end = offset + number("length", Math.max(0, file.length - offset));
  if (end > file.length)
    throw new Error(
      `${what} ends at byte ${end} of '${location}', which has ${file.length}: it is cut short`,
    );
  return file.subarray(offset, end);
}

function isExternal({ dataLocation, externalData }: TensorProto): boolean {
  return dataLocation === 1 || externalData.length > 0;
}

function locationOf({ externalData }: TensorProto): string {
  return externalData.find(({ key }) => key === "location")?.value ?? "";
}
