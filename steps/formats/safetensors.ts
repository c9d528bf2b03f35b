import { open } from "node:fs/promises";
import type { Json } from "../../runner/step-api.js";
import {
  bytesOf,
  type DType,
  dtypeOf,
  elementCount,
  fromBytes,
  itemSize,
  type NdArray,
  shapeText,
} from "./arrays.js";
import { isJsonObject, parseJson } from "./json.js";

/**
 * The safetensors format of named arrays (huggingface/safetensors, README "Format"): the header's length (8 bytes,
 * little-endian), a JSON header {name: {dtype, shape, data_offsets}} and the data. Every claim of the header is
 * checked against the bytes: files come from anywhere.
 * Does not: take float16, bfloat16 or bool, which no engine here computes with; the error names the tensor.
 */
export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, NdArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads a file whole; its arrays share one buffer. */
export async function readSafetensors(path: string): Promise<SafeTensors> {
  const file = await open(path, "r");
  try {
    // The length is checked before the file is read: a header that claims 10 GB must not cost 10 GB.
    const { size } = await file.stat();
    const start = new Uint8Array(Math.min(8, size));
    await file.read(start, 0, start.length, 0);
    headerLength(start, size, path);
    return parseSafetensors(await file.readFile(), path);
  } finally {
    await file.close();
  }
}

/** Parses a file's bytes; `name` stands in errors. */
export function parseSafetensors(bytes: Uint8Array, name: string): SafeTensors {
  const length = headerLength(bytes, bytes.length, name);
  const text = Buffer.from(bytes.subarray(8, 8 + length)).toString("utf8");
  if (!text.startsWith("{")) throw new Error(`${name}: the safetensors header must begin with {`);
  const header = parseJson(text, `${name} (header)`);
  const data = bytes.subarray(8 + length);
  const entries = Object.entries(header)
    .filter(([key]) => key !== metadataKey)
    .map(([key, value]) => entry(key, value, data.length, name));
  checkCover(entries, data.length, name);
  const tensors = new Map<string, NdArray>();
  for (const { key, dtype, shape, begin, end } of entries)
    tensors.set(key, { dtype, shape, data: fromBytes(dtype, data.subarray(begin, end)) });
  return { tensors, metadata: metadata(header[metadataKey], name) };
}

/**
 * The bytes have the structure of a safetensors file: a length that fits the file, and a JSON object of that length.
 * Says nothing about its tensors: `parseSafetensors` checks those.
 */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length < 2n || length > BigInt(Math.min(maxHeader, bytes.length - 8))) return false;
  const header = Buffer.from(bytes.subarray(8, 8 + Number(length))).toString("latin1");
  return header.startsWith("{") && header.trimEnd().endsWith("}");
}

/**
 * Equal content makes equal bytes: tensors in order of falling element size (so that each is aligned), then by
 * name; metadata keys sorted; the header padded with spaces to a multiple of 8.
 */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  const order = [...tensors].sort(
    ([a, x], [b, y]) => itemSize(y.dtype) - itemSize(x.dtype) || (a < b ? -1 : a > b ? 1 : 0),
  );
  const header: [string, unknown][] = [];
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length > 0) header.push([metadataKey, Object.fromEntries(pairs)]);
  let offset = 0;
  for (const [name, { dtype, shape, data }] of order) {
    if (name === metadataKey) throw new Error(`a tensor cannot be named ${metadataKey}`);
    if (dtypeOf(data) !== dtype || elementCount(shape) !== data.length)
      throw new RangeError(
        `${name}: ${data.length} elements of ${dtypeOf(data)} are not ${dtype} ${shapeText(shape)}`,
      );
    const end = offset + data.byteLength;
    header.push([name, { dtype: names[dtype], shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), "utf8");
  const padded = Math.ceil(json.length / 8) * 8;
  const out = Buffer.alloc(8 + padded + offset, " ");
  out.writeBigUInt64LE(BigInt(padded), 0);
  out.set(json, 8);
  let at = 8 + padded;
  for (const [, { data }] of order) {
    out.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return out;
}

const metadataKey = "__metadata__";
/** The reference implementation's own limit. */
const maxHeader = 100_000_000;
const names: Readonly<Record<DType, string>> = {
  u1: "U8",
  i1: "I8",
  i4: "I32",
  i8: "I64",
  f4: "F32",
  f8: "F64",
};

interface Entry {
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function headerLength(start: Uint8Array, size: number, name: string): number {
  if (size < 8)
    throw new Error(`${name}: no safetensors file: ${size} bytes, the header's length alone takes 8`);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeader))
    throw new Error(
      `${name}: the safetensors header claims ${String(length)} bytes; ${maxHeader} is the most allowed`,
    );
  if (8 + Number(length) > size)
    throw new Error(
      `${name}: cut short: the safetensors header claims ${String(length)} bytes, the file has ${size}`,
    );
  return Number(length);
}

function entry(key: string, value: Json, available: number, file: string): Entry {
  const fault = (what: string): Error => new Error(`${file}: tensor '${key}': ${what}`);
  if (!isJsonObject(value)) throw fault("its entry is no object");
  const dtype = (Object.keys(names) as DType[]).find(d => names[d] === value["dtype"]);
  if (dtype === undefined)
    throw fault(
      `dtype ${JSON.stringify(value["dtype"])} is not supported (known: ${Object.values(names).join(", ")})`,
    );
  const shape = wholeNumbers(value["shape"]);
  if (shape === undefined)
    throw fault(`its shape is ${JSON.stringify(value["shape"])}, not a list of whole numbers`);
  const [begin, end, ...more] = wholeNumbers(value["data_offsets"]) ?? [];
  if (begin === undefined || end === undefined || more.length > 0 || begin > end)
    throw fault(`its data_offsets are ${JSON.stringify(value["data_offsets"])}, not [begin, end]`);
  if (end > available)
    throw fault(`its data ends at byte ${end}, the file's data at ${available} (cut short?)`);
  const needed = elementCount(shape) * itemSize(dtype);
  if (end - begin !== needed)
    throw fault(
      `${names[dtype]} ${shapeText(shape)} needs ${needed} bytes, its data_offsets hold ${end - begin}`,
    );
  return { key, dtype, shape, begin, end };
}

/** The data must be covered once and wholly, as the format demands: no overlap, no hole, nothing left over. */
function checkCover(entries: readonly Entry[], available: number, file: string): void {
  let at = 0;
  for (const { key, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at)
      throw new Error(`${file}: tensor '${key}' overlaps the one before it (byte ${begin} < ${at})`);
    if (begin > at)
      throw new Error(`${file}: bytes ${at} to ${begin}, before tensor '${key}', belong to no tensor`);
    at = end;
  }
  if (at !== available)
    throw new Error(`${file}: ${available - at} bytes after the last tensor belong to no tensor`);
}

function metadata(value: Json | undefined, file: string): Record<string, string> {
  if (value === undefined) return {};
  const fault = new Error(`${file}: ${metadataKey} must be an object of texts`);
  if (!isJsonObject(value)) throw fault;
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") throw fault;
      return [key, text];
    }),
  );
}

function wholeNumbers(value: Json | undefined): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value as readonly Json[];
  const whole = items.filter((n): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0);
  return whole.length === items.length ? whole : undefined;
}
