/**
 * Reads zip archives that lie in memory: `.npz` files, Python wheels.
 * Does not: read zip64, encrypted or multi-disk archives; write any.
 */
import { promisify } from "node:util";
import zlib from "node:zlib";
import { mostUnpacked, tooMuch } from "./gzip.js";

export interface ZipEntry {
  readonly name: string;
  /** 0 is stored, 8 deflated. */
  readonly method: number;
  readonly packed: number;
  readonly unpacked: number;
  /** Where the local header begins. */
  readonly offset: number;
}

/** True for bytes that begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * The central directory (PKWARE APPNOTE 4.3.12), found from the end record, which has no fixed place. Throws an Error
 * that begins with `name`.
 */
export function zipEntries(bytes: Uint8Array, name: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = (what: string): Error => new Error(`${name}: no readable zip archive: ${what}`);
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 66000 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) throw broken("the end of the archive is missing");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw broken("its directory is damaged");
    const nameLength = view.getUint16(at + 28, true);
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw broken("it is encrypted");
    const entry = {
      name: Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength)).toString("utf8"),
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      unpacked: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    if ([entry.packed, entry.unpacked, entry.offset].includes(0xffffffff))
      throw broken("zip64 archives are not supported");
    if (names.has(entry.name)) throw broken(`it holds '${entry.name}' twice`);
    names.add(entry.name);
    entries.push(entry);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** An entry's content. `limit` bounds the unpacked bytes; errors begin with `name`. */
export async function unzip(
  bytes: Uint8Array,
  entry: ZipEntry,
  name: string,
  limit: number,
): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.offset + 30 > bytes.length || view.getUint32(entry.offset, true) !== 0x04034b50)
    throw new Error(`${name}: the archive is damaged (no member where its directory says)`);
  const start =
    entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
  const packed = bytes.subarray(start, start + entry.packed);
  if (packed.length < entry.packed) throw new Error(`${name}: cut short`);
  if (entry.unpacked > mostUnpacked(packed.length, limit))
    throw new Error(`${name}: ${tooMuch(packed.length, limit)}`);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw new Error(`${name}: zip method ${entry.method} is not supported`);
  const raw = await inflate(packed, { maxOutputLength: Math.max(1, entry.unpacked) });
  if (raw.length !== entry.unpacked)
    throw new Error(`${name}: ${raw.length} bytes, ${entry.unpacked} announced`);
  return raw;
}

const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);
