import { checkPixels, type Decoded, withoutAlpha } from "./picture.js";
import { orientationOf } from "./orientation.js";
import { decoderOf } from "./squoosh.js";

/** Reads a still WebP, lossy or lossless, as libwebp does: the pixels that Pillow gives. Throws when it is animated. */
export async function decodeWebp(bytes: Uint8Array, name: string, maxPixels: number): Promise<Decoded> {
  const { height, width, transparent, orientation } = headerOf(bytes, name);
  checkPixels(height, width, maxPixels, name);
  const decode = await decoderOf("webp");
  const rgba = await decode(bytes, `${name}: the WebP is damaged`);
  return { ...withoutAlpha(rgba, height, width, 3), transparent, orientation };
}

/** Size, alpha and EXIF of the chunks (RFC 9649, section 2). */
function headerOf(
  bytes: Uint8Array,
  name: string,
): { height: number; width: number; transparent: boolean; orientation: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let [height, width, transparent, orientation] = [0, 0, false, 1];
  for (let at = 12; at + 8 <= buffer.length;) {
    const kind = buffer.toString("latin1", at, at + 4);
    const size = buffer.readUInt32LE(at + 4);
    const body = buffer.subarray(at + 8, at + 8 + size);
    if (body.length < Math.min(size, 10)) break;
    if (kind === "VP8X") {
      if (((body[0] ?? 0) & 0x02) !== 0)
        throw new Error(`${name}: an animated WebP is many pictures; take the frames out of it`);
      transparent = ((body[0] ?? 0) & 0x10) !== 0;
    } else if (kind === "VP8 ") {
      [width, height] = [body.readUInt16LE(6) & 0x3fff, body.readUInt16LE(8) & 0x3fff];
    } else if (kind === "VP8L") {
      const bits = body.readUInt32LE(1);
      [width, height] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
      transparent ||= ((bits >>> 28) & 1) === 1;
    } else if (kind === "EXIF") orientation = orientationOf(body);
    at += 8 + size + (size % 2);
  }
  if (height === 0) throw new Error(`${name}: the WebP is damaged: it has no frame`);
  return { height, width, transparent, orientation };
}
