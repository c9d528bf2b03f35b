import { checkPixels, type Decoded } from "./picture.js";

/**
 * Reads a Windows bitmap: 1, 4 or 8 bits with a palette, 24 bits, and 32 bits of the usual order (BGRA). Grey, where
 * every colour of the palette is. Throws at the rest (run-length encoding, 16 bits, OS/2), by name.
 */
export function decodeBmp(bytes: Uint8Array, name: string, maxPixels: number): Decoded {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const refused = (what: string): Error => new Error(`${name}: a BMP ${what} is not read; convert it to PNG`);
  if (buffer.length < 54) throw new Error(`${name}: the BMP is cut short`);
  const [start, header] = [buffer.readUInt32LE(10), buffer.readUInt32LE(14)];
  if (header < 40) throw refused("of OS/2");
  const [width, signed] = [buffer.readInt32LE(18), buffer.readInt32LE(22)];
  const height = Math.abs(signed);
  const [bits, compression] = [buffer.readUInt16LE(28), buffer.readUInt32LE(30)];
  checkPixels(height, width, maxPixels, name);
  if (![1, 4, 8, 24, 32].includes(bits)) throw refused(`of ${bits} bits`);
  if (compression !== 0 && !(compression === 3 && bits === 32 && usualMasks(buffer)))
    throw refused(compression === 3 ? "with masks of its own" : "that is compressed");
  const palette = bits <= 8 ? paletteOf(buffer, 14 + header, bits) : undefined;
  const stride = 4 * Math.ceil((width * bits) / 32);
  if (start + stride * height > buffer.length) throw new Error(`${name}: the BMP is cut short`);

  const grey = palette?.every(([r, g, b]) => r === g && g === b) ?? false;
  const channels = grey ? 1 : 3;
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    // Rows stand from the bottom up, unless the height is negative.
    const row = start + stride * (signed < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const colour =
        palette === undefined ? bgr(buffer, row + (x * bits) / 8) : palette[index(buffer, row, x, bits)];
      if (colour === undefined) throw new Error(`${name}: the BMP is damaged: a pixel has no colour`);
      data.set(grey ? colour.slice(0, 1) : colour, (y * width + x) * channels);
    }
  }
  return { shape: [height, width, channels], data, transparent: false, orientation: 1 };
}

type Colour = readonly [r: number, g: number, b: number];

function bgr(buffer: Buffer, at: number): Colour {
  return [buffer[at + 2] ?? 0, buffer[at + 1] ?? 0, buffer[at] ?? 0];
}

function index(buffer: Buffer, row: number, x: number, bits: number): number {
  const byte = buffer[row + Math.floor((x * bits) / 8)] ?? 0;
  return (byte >> (8 - bits - ((x * bits) % 8))) & (2 ** bits - 1);
}

/** Four bytes a colour; 0 stands for as many as the bits can name. */
function paletteOf(buffer: Buffer, at: number, bits: number): Colour[] {
  const stated = buffer.readUInt32LE(46);
  const count = stated === 0 ? 2 ** bits : Math.min(stated, 2 ** bits);
  return Array.from({ length: count }, (_, i) => bgr(buffer, at + 4 * i));
}

/** Masks of red, green and blue that say the usual order. */
function usualMasks(buffer: Buffer): boolean {
  return (
    buffer.length >= 66 &&
    [0xff0000, 0xff00, 0xff].every((mask, i) => buffer.readUInt32LE(54 + 4 * i) === mask)
  );
}
