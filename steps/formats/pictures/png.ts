import { writeFile } from "node:fs/promises";
import { PNG } from "pngjs";
import type { Decoded, Image } from "./picture.js";
import { orientationOf } from "./orientation.js";

export interface GridOptions {
  readonly columns: number;
  /** White pixels between images. */
  readonly gap?: number;
  /** Each pixel becomes a square of this side, so that small images can be looked at. */
  readonly zoom?: number;
}

/**
 * Writes images [N, H, W, C] as one picture, row by row. The bytes depend on the pixels and on Node's zlib alone:
 * no time, no filter heuristics.
 */
export async function writeGrid(
  path: string,
  images: Uint8Array,
  shape: Image["shape"],
  options: GridOptions,
): Promise<void> {
  await writeFile(path, encodePng(grid(images, shape, options)));
}

/** The grid as an image; see `writeGrid`. */
export function grid(images: Uint8Array, shape: Image["shape"], options: GridOptions): Image {
  const [height, width, channels] = shape;
  const { columns, gap = 1, zoom = 1 } = options;
  const pixels = height * width * channels;
  const count = pixels === 0 ? 0 : Math.floor(images.length / pixels);
  const across = Math.max(1, Math.min(columns, count));
  const down = Math.max(1, Math.ceil(count / across));
  const outWidth = across * (width * zoom + gap) + gap;
  const outHeight = down * (height * zoom + gap) + gap;
  const data = new Uint8Array(outHeight * outWidth * channels).fill(255);
  for (let i = 0; i < count; i++) {
    const top = gap + Math.floor(i / across) * (height * zoom + gap);
    const left = gap + (i % across) * (width * zoom + gap);
    for (let y = 0; y < height * zoom; y++)
      for (let x = 0; x < width * zoom; x++) {
        const from = i * pixels + (Math.floor(y / zoom) * width + Math.floor(x / zoom)) * channels;
        data.set(images.subarray(from, from + channels), ((top + y) * outWidth + left + x) * channels);
      }
  }
  return { shape: [outHeight, outWidth, channels], data };
}

export function encodePng({ shape, data }: Image): Uint8Array {
  const [height, width, channels] = shape;
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`a PNG has 1 or 3 channels here, not ${channels}`);
  if (data.length !== height * width * channels)
    throw new RangeError(`${data.length} bytes are no image of ${height} x ${width} x ${channels}`);
  const colorType = channels === 1 ? 0 : 2;
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.length);
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false, filterType: 0 });
}

/**
 * Reads a PNG as 8-bit grey (greyscale files) or RGB (all others); 16 bits become 8, fewer are stretched to 0 to 255.
 * Transparency is dropped: the colours are those that stand in the file, whatever they would be shown on.
 * Throws when it is damaged, animated or of more than `maxPixels`; `name` stands in errors.
 */
export function decodePng(bytes: Uint8Array, name: string, maxPixels = 2 ** 26): Decoded {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < 33 || buffer.readUInt32BE(0) !== 0x89504e47) throw new Error(`${name}: no PNG file`);
  const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
  // The size is read before the decoder sees the file: a few bytes may claim gigapixels.
  if (width * height > maxPixels)
    throw new Error(`${name}: ${width} x ${height} pixels are more than ${maxPixels}`);
  const type = buffer[25] ?? 0;
  const channels = type === 0 || type === 4 ? 1 : 3;
  const chunks = chunksOf(buffer);
  if (chunks.some(({ kind }) => kind === "acTL"))
    throw new Error(`${name}: an animated PNG is many pictures; take the frames out of it`);
  // pngjs makes pixels of the transparent colour (tRNS of a file without a palette) black: it never sees the chunk.
  const shown = type === 3 ? buffer : without(buffer, chunks, "tRNS");
  let rgba: Uint8Array;
  try {
    rgba = PNG.sync.read(shown).data;
  } catch (error) {
    throw new Error(`${name}: the PNG is damaged: ${(error as Error).message}`, { cause: error });
  }
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < channels; c++) data[i * channels + c] = rgba[4 * i + c] ?? 0;
  const exif = chunks.find(({ kind }) => kind === "eXIf");
  return {
    ...{ shape: [height, width, channels], data },
    transparent: type >= 4 || chunks.some(({ kind }) => kind === "tRNS"),
    orientation: exif === undefined ? 1 : orientationOf(buffer.subarray(exif.from + 8, exif.to - 4)),
  };
}

interface Chunk {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

/** The chunks of a PNG that lie in it wholly, with their lengths, names and sums. */
function chunksOf(buffer: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 8; from + 12 <= buffer.length;) {
    const to = from + 12 + buffer.readUInt32BE(from);
    if (to > buffer.length) break;
    chunks.push({ kind: buffer.toString("latin1", from + 4, from + 8), from, to });
    from = to;
  }
  return chunks;
}

function without(buffer: Buffer, chunks: readonly Chunk[], kind: string): Buffer {
  const chunk = chunks.find(own => own.kind === kind);
  if (chunk === undefined) return buffer;
  return Buffer.concat([buffer.subarray(0, chunk.from), buffer.subarray(chunk.to)]);
}
