import zlib from "node:zlib";
import { promisify } from "node:util";

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

/**
 * How much an archive may unpack to. Beyond the limit that the user sets in bytes there is one of ratio, so that a few
 * kilobytes that claim to be gigabytes are given up early; what stays small may be as repetitive as it likes.
 */
export function mostUnpacked(packed: number, limit: number): number {
  return Math.min(limit, Math.max(ALWAYS, packed * RATIO));
}

/** Why more than that is not unpacked, in words that follow the archive's name. */
export function tooMuch(packed: number, limit: number): string {
  return mostUnpacked(packed, limit) === limit
    ? `it unpacks to more than the limit of ${limit} bytes`
    : `it unpacks to more than ${RATIO} times its size, as data does not and archives made to fill a disk do`;
}

/** Data of pictures and numbers shrinks by 2 to 50; deflate cannot go beyond 1,032. */
const RATIO = 200;
/** Bytes. */
const ALWAYS = 64 * 2 ** 20;

/** The most members that an archive may have: a million-image data set is still below. */
export const MOST_MEMBERS = 2_000_000;
