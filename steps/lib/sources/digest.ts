import { sha256 } from "../digest.js";
import type { Payload } from "./types.js";

/**
 * The digest that `sha256:` states. Of a file: of its decompressed bytes. Of a folder: of the text that
 * `find . -type f | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum` prints in it.
 */
export function payloadDigest(payload: Payload): string {
  if (payload instanceof Uint8Array) return sha256(payload);
  const paths = [...payload.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return sha256(paths.map(path => `${sha256(payload.get(path) ?? new Uint8Array())}  ${path}\n`).join(""));
}
