/** 8-bit images in C order: [H, W, C], C = 1 (grey) or 3 (RGB). */
export interface Image {
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly data: Uint8Array;
}

/** What a decoder gives: the pixels as they lie in the file, and how to turn them (EXIF, 1 to 8; 1: not at all). */
export interface Decoded extends Image {
  readonly transparent: boolean;
  readonly orientation: number;
}

/** Throws when a header claims more pixels than may be read: a few bytes may claim gigapixels. */
export function checkPixels(height: number, width: number, maxPixels: number, name: string): void {
  if (height < 1 || width < 1) throw new Error(`${name}: ${height} x ${width} pixels are no picture`);
  if (height * width > maxPixels)
    throw new Error(`${name}: ${height} x ${width} pixels are more than ${maxPixels}`);
}

/** Four bytes a pixel, of which the first of a grey picture, and the first three of another, are kept. */
export function withoutAlpha(rgba: ArrayLike<number>, height: number, width: number, channels: 1 | 3): Image {
  const data = new Uint8Array(height * width * channels);
  for (let i = 0; i < height * width; i++)
    for (let c = 0; c < channels; c++) data[i * channels + c] = rgba[4 * i + c] ?? 0;
  return { shape: [height, width, channels], data };
}
