import { sha256 } from "../cache/hash.js";
import type { Json } from "../core/json.js";
import { isCode, type Disk } from "./disk.js";
import { writeAtomic } from "./files.js";

/**
 * JSON documents that check themselves: `{"sha256":"...","body":...}` where the digest is that of the body's
 * exact text. A torn, flipped or swapped file is told from a good one before anything in it is believed.
 */
export function writeEnvelope(
  disk: Disk,
  file: string,
  body: unknown,
  options: { durable?: boolean } = {},
): void {
  const text = JSON.stringify(body);
  writeAtomic(disk, file, `${HEAD}${sha256(text)}${MIDDLE}${text}}\n`, options);
}

/** The body; `undefined` when there is no such file, `"damaged"` when it is not what was written. */
export function readEnvelope(disk: Disk, file: string): Json | undefined {
  let text: string;
  try {
    text = disk.readFile(file).toString();
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return undefined;
    // A folder, a ring of links or a pipe in its place.
    if (isCode(error, "EISDIR", "ELOOP", "EAGAIN", "ENXIO")) return "damaged";
    throw error;
  }
  const body = text.slice(HEAD.length + 64 + MIDDLE.length, -2);
  const digest = text.slice(HEAD.length, HEAD.length + 64);
  if (!text.startsWith(HEAD) || sha256(body) !== digest) return "damaged";
  return JSON.parse(body) as Json;
}

const HEAD = '{"sha256":"';
const MIDDLE = '","body":';
