import { decodePng } from "./png.js";
import type { Image } from "./picture.js";
import { decodeBmp } from "./bmp.js";
import type { Decoded } from "./picture.js";
import { decodeJpeg } from "./jpeg.js";
import { upright } from "./orientation.js";
import { decodeWebp } from "./webp.js";

/** A picture as it came, and what reading it left out. */
export interface Picture extends Image {
  /** It has transparency, which was dropped: its colours are those that stand in the file. */
  readonly transparent: boolean;
  /** It was turned upright, as its EXIF orientation says. */
  readonly turned: boolean;
}

/**
 * Reads a picture: 8 bits a channel, [H, W, 1] for grey files and [H, W, 3] for all others. Colour profiles and gamma
 * are not applied. Throws, with `name`, when it is damaged, animated, of more than `maxPixels` or of another format.
 */
export async function decodePicture(bytes: Uint8Array, name: string, maxPixels = 2 ** 26): Promise<Picture> {
  const format = pictureFormat(bytes);
  const decode = format === undefined ? undefined : decoders[format];
  if (decode === undefined)
    throw new Error(
      `${name} is ${format === undefined ? "no picture that can be read" : `a ${format} picture, which is not read`}: ` +
        "convert it to PNG, JPEG, WebP or BMP",
    );
  const { orientation, transparent, ...image } = await decode(bytes, name, maxPixels);
  return { ...upright(image, orientation), transparent, turned: orientation !== 1 };
}

/** The format by its first bytes, never by its name; nothing when they are no picture's. */
export function pictureFormat(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  return signatures.find(([, pattern]) => pattern.test(start))?.[0];
}

/** A file that a picture's name ends like. */
export function isPictureName(path: string): boolean {
  return /\.(png|apng|jpe?g|jfif|webp|bmp|dib|gif|tiff?|avif|hei[cf]|jp2|jxl|ico|ppm|pgm|pbm|pnm|tga|psd|svg|exr|dcm)$/i.test(
    path,
  );
}

type Decoder = (bytes: Uint8Array, name: string, maxPixels: number) => Decoded | Promise<Decoded>;

const decoders: Readonly<Record<string, Decoder>> = {
  PNG: decodePng,
  JPEG: decodeJpeg,
  WebP: decodeWebp,
  BMP: decodeBmp,
};

const signatures: readonly (readonly [format: string, start: RegExp])[] = [
  ["PNG", /^\x89PNG\r\n/],
  ["JPEG", /^\xff\xd8\xff/],
  ["WebP", /^RIFF[^]{4}WEBP/],
  ["BMP", /^BM[^]{4}\0\0\0\0/],
  ["GIF", /^GIF8[79]a/],
  ["TIFF", /^(II[*+]\0|MM\0[*+])/],
  ["AVIF or HEIC", /^[^]{4}ftyp(avif|avis|heic|heix|hevc|mif1|msf1)/],
  ["JPEG 2000", /^\0\0\0\fjP {2}/],
  ["JPEG XL", /^(\xff\n|\0\0\0\fJXL )/],
  ["Photoshop", /^8BPS/],
  ["Netpbm", /^P[1-7]\s/],
];
