import type { Image } from "./picture.js";

/**
 * How an EXIF block (TIFF 6.0, tag 0x0112 of the first directory) says that a picture is to be turned, 1 to 8; 1, not
 * at all, where it says nothing or cannot be read.
 */
export function orientationOf(exif: Uint8Array): number {
  const prefix = Buffer.from(exif.subarray(0, 6)).toString("latin1") === "Exif\0\0" ? 6 : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + prefix, exif.byteLength - prefix);
  if (view.byteLength < 8) return 1;
  const little = view.getUint16(0) === 0x4949;
  if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > view.byteLength) return 1;
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The picture as a viewer shows it. */
export function upright(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const [height, width, channels] = image.shape;
  const swapped = orientation >= 5;
  const [rows, columns] = swapped ? [width, height] : [height, width];
  // Which rows and columns of the file run backwards: EXIF 2.32, table of tag 0x0112.
  const [down, right] = [[3, 4, 6, 7].includes(orientation), [2, 3, 7, 8].includes(orientation)];
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const [row, column] = swapped ? [x, y] : [y, x];
      const from = (down ? height - 1 - row : row) * width + (right ? width - 1 - column : column);
      for (let c = 0; c < channels; c++)
        data[(y * columns + x) * channels + c] = image.data[from * channels + c] ?? 0;
    }
  return { shape: [rows, columns, channels], data };
}
