import { elementCount, shapeText, type TypedArray } from "../../formats/arrays.js";
import type { StoredArray } from "../../formats/npy.js";
import { resize, withChannels } from "../../formats/pictures/resample.js";
import type { RawPart, ReadOptions } from "./part.js";

type Images = Pick<RawPart, "count" | "shape" | "images">;
type Shape = readonly [count: number, height: number, width: number, channels: number];

/**
 * An array of numbers as images: uint8 [N, H, W] or [N, H, W, C], or what the options make that of. Nothing is guessed
 * that could be wrong: numbers that are no bytes need `range`. Throws, with `name`, and says what to write.
 */
export function toImages(array: StoredArray, name: string, options: ReadOptions): Images {
  const { shape, first } = imageShape(array, name, options.layout);
  const bytes = toBytes(array, name, options.range, shape);
  return fitted({ shape, images: first ? channelsLast(bytes, shape) : bytes }, options);
}

/** `resize` and `channels` of all images. */
function fitted({ shape, images }: { shape: Shape; images: Uint8Array }, options: ReadOptions): Images {
  const [count, height, width, own] = shape;
  const channels = options.channels ?? (own === 1 ? 1 : 3);
  const size = sizeOf(options) ?? [height, width];
  const to = [...size, channels] as const;
  if (size[0] === height && size[1] === width && channels === own) return { count, shape: to, images };
  const [before, after] = [height * width * own, elementCount(to)];
  checkLimit(count * after, options.maxBytes);
  const out = new Uint8Array(count * after);
  for (let i = 0; i < count; i++) {
    const image = {
      shape: [height, width, own] as const,
      data: images.subarray(i * before, (i + 1) * before),
    };
    out.set(resize(withChannels(image, channels), size).data, i * after);
  }
  return { count, shape: to, images: out };
}

/** The option `resize` as height and width. */
export function sizeOf({ resize: to }: ReadOptions): readonly [height: number, width: number] | undefined {
  return typeof to === "number" ? [to, to] : to;
}

export function checkLimit(bytes: number, limit: number): void {
  if (bytes > limit) throw new Error(`the images are more than the limit of ${limit} bytes (maxBytes)`);
}

/**
 * Axes of an array: [N, H, W], [N, H, W, C] or [N, C, H, W], C being 1 or 3. With four, the axis that has 1 or 3 places
 * is the channels'; where both or neither have, `layout` decides.
 */
function imageShape(
  { shape, stored }: StoredArray,
  name: string,
  layout: ReadOptions["layout"],
): { readonly shape: Shape; readonly first: boolean } {
  const [count = 0, a = 0, b = 0, c = 0] = shape;
  const found = `${name} is ${stored} ${shapeText(shape)}`;
  if (shape.length === 3) return { shape: [count, a, b, 1], first: false };
  if (shape.length !== 4)
    throw new Error(
      `${found}: images are [N, H, W] or [N, H, W, C]${shape.length === 2 ? "; reshape rows of pixels to that" : ""}`,
    );
  const [isFirst, isLast] = [isChannels(a), isChannels(c)];
  if (layout === undefined && isFirst && isLast && !(a === 1 && c === 1))
    throw new Error(
      `${found}: its channels may be the ${a} of axis 1 or the ${c} of axis 3; say layout: channels-first or channels-last`,
    );
  const first = layout === undefined ? isFirst && !isLast && !hasAlpha(c) : layout === "channels-first";
  const channels = first ? a : c;
  if (!isChannels(channels))
    throw new Error(
      `${found}: it has ${channels} channels; 1 (grey) or 3 (RGB) must come last, or first with ` +
        `layout: channels-first${hasAlpha(channels) ? ". Drop the transparency" : ""}`,
    );
  return { shape: first ? [count, b, c, a] : [count, a, b, c], first };
}

function isChannels(n: number): n is 1 | 3 {
  return n === 1 || n === 3;
}

function hasAlpha(n: number): boolean {
  return n === 2 || n === 4;
}

/**
 * Pixels as bytes. uint8 and whole numbers within 0 to 255 stand for themselves, booleans for black and white; others
 * are mapped from `range`, [black, white], and rounded. Throws at NaN, and at what lies outside.
 */
function toBytes(
  { data, stored }: StoredArray,
  name: string,
  range: ReadOptions["range"],
  shape: Shape,
): Uint8Array {
  if (range === undefined && stored === "uint8") return data as Uint8Array;
  if (range === undefined && stored === "bool") return Uint8Array.from(data as Uint8Array, bit => 255 * bit);
  const { low, high } = extremes(data, name, shape);
  const whole = !(data instanceof Float32Array || data instanceof Float64Array);
  const found = `${name} is ${stored} with values from ${low} to ${high}`;
  if (range === undefined) {
    if (whole && low >= 0 && high <= 255) return Uint8Array.from<number | bigint>(data, Number);
    throw new Error(
      `${found}: say which values are black and white, such as range: ${suggestion(low, high)}`,
    );
  }
  const [black, white] = range;
  if (!(black < white)) throw new Error(`range: [${black}, ${white}] must rise, from black to white`);
  const factor = 255 / (white - black);
  const byte = (value: number): number => Math.round((value - black) * factor);
  if (byte(low) < 0 || byte(high) > 255)
    throw new Error(
      `${found}: they lie outside of range: [${black}, ${white}]. Nothing is cut off; widen it`,
    );
  return Uint8Array.from<number | bigint>(data, value => byte(Number(value)));
}

function extremes(
  data: TypedArray,
  name: string,
  shape: Shape,
): { readonly low: number; readonly high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isFinite(value)) {
      const image = Math.floor(i / elementCount(shape.slice(1)));
      throw new Error(
        `${name}: image ${image} has a pixel that is ${value}: take such images out, or mend them`,
      );
    }
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return data.length === 0 ? { low: 0, high: 0 } : { low, high };
}

/** The usual range that the values lie in; else their own. */
function suggestion(low: number, high: number): string {
  const usual = [
    [0, 1],
    [-1, 1],
    [0, 255],
    [0, 65535],
  ].find(([black = 0, white = 0]) => low >= black && high <= white);
  return `[${(usual ?? [low, high]).join(", ")}]`;
}

/** [N, C, H, W] -> [N, H, W, C]; `shape` is the latter. */
function channelsLast(data: Uint8Array, [count, height, width, channels]: Shape): Uint8Array {
  const plane = height * width;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < plane; p++)
        out[(i * plane + p) * channels + c] = data[(i * channels + c) * plane + p] ?? 0;
  return out;
}
