import { createHash, hash as oneShot } from "node:crypto";

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  // `crypto.hash` (Node 20.12) avoids a stream object for each of many small inputs.
  return typeof oneShot === "function"
    ? oneShot("sha256", data, "hex")
    : createHash("sha256").update(data).digest("hex");
}

/**
 * Fields joined so that no two different lists of fields give the same text: each is preceded by its length in
 * UTF-16 code units, the whole by a tag that says what is hashed.
 */
export function frame(tag: string, fields: readonly string[]): string {
  let text = `${tag.length}:${tag}${fields.length};`;
  for (const field of fields) text += `${field.length}:${field}`;
  return text;
}
