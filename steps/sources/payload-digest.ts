import { sha256 } from "../formats/digest.js";
import { isHidden } from "./names.js";
import type { Payload } from "./source.js";

/**
 * The digest that `sha256:` states. Of a file: of its decompressed bytes. Of a folder: of the listing of its files
 * that `find . -type f -print0 | sed -z 's,^\./,,' | LC_ALL=C sort -z | xargs -0 sha256sum` prints in it.
 */
export function payloadDigest(payload: Payload): string {
  return payload instanceof Uint8Array ? sha256(payload) : sha256(listing(payload).join(""));
}

/**
 * The digest is the payload's, or that of a folder without its hidden files: those hold no data, and a desktop or a
 * notebook puts them there after the digest was taken.
 */
export function hasDigest(payload: Payload, digest: string): boolean {
  if (payload instanceof Uint8Array) return sha256(payload) === digest;
  const shown = new Map([...payload].filter(([path]) => !isHidden(path)));
  return [payload, shown].some(files => sha256(listing(files).join("")) === digest);
}

function listing(files: ReadonlyMap<string, Uint8Array>): string[] {
  const paths = [...files.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return paths.map(path => {
    const digest = sha256(files.get(path) ?? new Uint8Array());
    // sha256sum begins the line with a backslash where it had to escape the name.
    if (!/[\\\n\r]/.test(path)) return `${digest}  ${path}\n`;
    return `\\${digest}  ${path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}\n`;
  });
}
