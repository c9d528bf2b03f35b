import { sha256 } from "../../cache/hash.js";
import type { Json } from "../../core/json.js";
import { isCode, type Disk } from "../disk.js";
import { remove, writeAtomic } from "../files.js";

/**
 * JSON documents that check themselves: `{"sha256":"...","body":...}` where the digest is that of the body's
 * exact text. A torn, flipped or swapped file is told from a good one before anything in it is believed.
 * A folder that lies where the document belongs is in nobody's use: it is removed.
 */
export function writeEnvelope(
  disk: Disk,
  file: string,
  body: unknown,
  options: { durable?: boolean } = {},
): void {
  const text = JSON.stringify(body);
  const write = (): void => writeAtomic(disk, file, `${HEAD}${sha256(text)}${MIDDLE}${text}${END}`, options);
  try {
    write();
  } catch (error) {
    if (!isCode(error, "EISDIR", "ENOTEMPTY", "EEXIST") || disk.lstat(file)?.isDirectory() !== true)
      throw error;
    remove(disk, file);
    write();
  }
}

/** The body; `undefined` when there is no such file, `"damaged"` when it is not what was written. */
export function readEnvelope(disk: Disk, file: string): Json | undefined {
  let bytes: Buffer;
  try {
    // Not read whole to find out that it is too large: it may be blown up to any size.
    if ((disk.stat(file)?.size ?? 0n) > MOST) return "damaged";
    bytes = disk.readFile(file);
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return undefined;
    if (isCode(error, ...NO_DOCUMENT)) return "damaged";
    throw error;
  }
  if (bytes.toString("latin1", 0, HEAD.length) !== HEAD) return "damaged";
  const text = bytes.toString();
  const body = text.slice(HEAD.length + 64 + MIDDLE.length, -END.length);
  const digest = text.slice(HEAD.length, HEAD.length + 64);
  if (text !== `${HEAD}${digest}${MIDDLE}${body}${END}` || sha256(body) !== digest) return "damaged";
  return JSON.parse(body) as Json;
}

const HEAD = '{"sha256":"';
const MIDDLE = '","body":';
const END = "}\n";
/** A folder, a ring of links, a pipe or a device in its place, or a file that no memory holds. */
const NO_DOCUMENT = ["EISDIR", "ELOOP", "EAGAIN", "ENXIO", "EINVAL", "ERR_FS_FILE_TOO_LARGE"];
/** More bytes than any document of ours; texts of more than twice as many cannot be held. */
const MOST = 2 ** 28;
