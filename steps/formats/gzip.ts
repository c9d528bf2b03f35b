import { promisify } from "node:util";
import zlib from "node:zlib";
import { mostUnpacked, tooMuch } from "./unpacked.js";

/** True for bytes that begin as a gzip member does (RFC 1952). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The decompressed payload: gunzips bytes that are gzip, whatever the file is called, and gives others back as
 * they are. Throws when the stream is damaged or cut short, or the payload is longer than `limit` bytes
 * or than a stream of its size should be.
 */
export async function decompress(bytes: Uint8Array, name: string, limit: number): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    return await gunzip(bytes, { maxOutputLength: mostUnpacked(bytes.length, limit) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === "ERR_BUFFER_TOO_LARGE"
        ? tooMuch(bytes.length, limit)
        : code === "Z_BUF_ERROR"
          ? "the gzip stream is cut short"
          : `the gzip stream is damaged (${(error as Error).message})`;
    throw new Error(`${name}: ${why}`, { cause: error });
  }
}

/** Gzip at the highest level, without a time stamp or a name, so that equal bytes stay equal. */
export async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return await gzip(bytes, { level: 9 });
}

const gunzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
