import { checkPixels, type Decoded, withoutAlpha } from "./picture.js";
import { orientationOf } from "./orientation.js";
import { decoderOf } from "./squoosh.js";

/**
 * Reads a JPEG, baseline or progressive, as libjpeg does: the pixels that Pillow gives. Throws at the least damage,
 * since libjpeg would fill what is missing with grey, and at what is neither grey nor colour of three channels.
 */
export async function decodeJpeg(bytes: Uint8Array, name: string, maxPixels: number): Promise<Decoded> {
  const { height, width, components, bits, orientation } = frameOf(bytes, name);
  checkPixels(height, width, maxPixels, name);
  if (bits !== 8) throw new Error(`${name}: a JPEG of ${bits} bits is not read; convert it to 8`);
  if (components !== 1 && components !== 3)
    throw new Error(`${name}: a JPEG of ${components} components (CMYK) is not read; convert it to RGB`);
  const decode = await decoderOf("jpeg");
  const rgba = await decode(bytes, `${name}: the JPEG is damaged`);
  return { ...withoutAlpha(rgba, height, width, components), transparent: false, orientation };
}

interface Frame {
  readonly height: number;
  readonly width: number;
  readonly components: number;
  readonly bits: number;
  readonly orientation: number;
}

/** The segments up to the frame's (ITU T.81, B.2). */
function frameOf(bytes: Uint8Array, name: string): Frame {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let orientation = 1;
  for (let at = 2; at + 9 < buffer.length;) {
    const marker = buffer[at + 1] ?? 0;
    if (buffer[at] !== 0xff) break;
    // Fill bytes, and markers that stand alone.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else {
      const length = buffer.readUInt16BE(at + 2);
      const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
      if (isFrame)
        return {
          bits: buffer[at + 4] ?? 0,
          height: buffer.readUInt16BE(at + 5),
          width: buffer.readUInt16BE(at + 7),
          components: buffer[at + 9] ?? 0,
          orientation,
        };
      const body = buffer.subarray(at + 4, at + 2 + length);
      if (marker === 0xe1 && body.toString("latin1", 0, 6) === "Exif\0\0") orientation = orientationOf(body);
      at += 2 + length;
    }
  }
  throw new Error(`${name}: the JPEG is damaged: it has no frame`);
}
