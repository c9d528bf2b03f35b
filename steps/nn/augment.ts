import type { Draws } from "../../runner/step-api.js";
import type { AugmentOptions, CropOptions } from "./augment-options.js";

export type { AugmentOptions } from "./augment-options.js";

/**
 * Writes T_x of the image that begins at `from[at]` to `out[outAt]`: values in [0, 1], [H, W, C]. `from` holds
 * uint8 (0 to 255) or float32 (0 to 1). The result is a pure function of the image and the draws.
 */
export type Augment = (
  from: Uint8Array | Float32Array,
  at: number,
  out: Float32Array,
  outAt: number,
  draws: Draws,
) => void;

/**
 * Makes T_x for images of one shape, in this order:
 * - random resized crop: area and log aspect ratio uniform, whole pixels, 10 attempts, then the largest centred crop
 *   (Szegedy et al. 2015; as torchvision's RandomResizedCrop), sampled bilinearly back to H x W;
 * - horizontal flip;
 * - brightness, v = b v, then contrast, v = m + c (v - m), where m is the mean grey value (ITU-R 601 luma for RGB);
 *   each clipped to [0, 1] (torchvision's ColorJitter, in a fixed order).
 * The same function serves generated and real images, so that both arms of an experiment see the same T_x.
 * Throws a RangeError at a range that is upside down. Does not: hue, saturation, greyscale, blur.
 */
export function makeAugment(options: AugmentOptions, shape: readonly [number, number, number]): Augment {
  const [height, width, channels] = shape;
  const { crop, flip = 0, brightness = 0, contrast = 0, jitter = 1 } = options;
  for (const [low, high] of [crop?.scale ?? [0, 1], crop?.ratio ?? [0, 1]])
    if (low > high) throw new RangeError(`the range [${low}, ${high}] of the crop is upside down`);
  const window: Window = { left: 0, top: 0, width, height };
  const columns = axisTable(width);
  const rows = axisTable(height);
  return (from, at, out, outAt, draws) => {
    if (crop !== undefined) drawWindow(crop, width, height, draws, window);
    const flipped = flip > 0 && draws.uniform() < flip;
    fillAxis(columns, window.left, window.width, flipped);
    fillAxis(rows, window.top, window.height, false);
    resample(from, at, out, outAt, rows, columns, channels);
    if (brightness === 0 && contrast === 0) return;
    if (draws.uniform() >= jitter) return;
    const end = outAt + height * width * channels;
    if (brightness > 0) brighten(out, outAt, end, factor(brightness, draws));
    if (contrast > 0) stretch(out, outAt, end, channels, factor(contrast, draws));
  };
}

interface Window {
  left: number;
  top: number;
  width: number;
  height: number;
}

function drawWindow(crop: CropOptions, width: number, height: number, draws: Draws, out: Window): void {
  const [minScale, maxScale] = crop.scale;
  const [minRatio, maxRatio] = crop.ratio ?? [3 / 4, 4 / 3];
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * between(minScale, maxScale, draws);
    const ratio = Math.exp(between(Math.log(minRatio), Math.log(maxRatio), draws));
    const w = Math.round(Math.sqrt(area * ratio));
    const h = Math.round(Math.sqrt(area / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    out.left = draws.below(width - w + 1);
    out.top = draws.below(height - h + 1);
    out.width = w;
    out.height = h;
    return;
  }
  const ratio = width / height;
  out.width = ratio > maxRatio ? Math.max(1, Math.round(height * maxRatio)) : width;
  out.height = ratio < minRatio ? Math.max(1, Math.round(width / minRatio)) : height;
  out.left = Math.floor((width - out.width) / 2);
  out.top = Math.floor((height - out.height) / 2);
}

/** For each place along an axis: the two pixels it lies between, and the weight of the second. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
}

function axisTable(size: number): Axis {
  return { low: new Int32Array(size), high: new Int32Array(size), weight: new Float32Array(size) };
}

/** Pixel centres lie at half numbers: place i of n is at (i + 1/2) size / n - 1/2 of the crop, held within it. */
function fillAxis({ low, high, weight }: Axis, start: number, size: number, flipped: boolean): void {
  const n = low.length;
  const scale = size / n;
  for (let i = 0; i < n; i++) {
    const at = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), size - 1);
    const floor = Math.floor(at);
    const place = flipped ? n - 1 - i : i;
    low[place] = start + floor;
    high[place] = start + Math.min(floor + 1, size - 1);
    weight[place] = at - floor;
  }
}

function resample(
  from: Uint8Array | Float32Array,
  at: number,
  out: Float32Array,
  outAt: number,
  rows: Axis,
  columns: Axis,
  channels: number,
): void {
  const width = columns.low.length;
  const unit = from instanceof Uint8Array ? 1 / 255 : 1;
  let to = outAt;
  for (let y = 0; y < rows.low.length; y++) {
    const upper = at + (rows.low[y] ?? 0) * width * channels;
    const lower = at + (rows.high[y] ?? 0) * width * channels;
    const down = rows.weight[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const left = (columns.low[x] ?? 0) * channels;
      const right = (columns.high[x] ?? 0) * channels;
      const along = columns.weight[x] ?? 0;
      for (let c = 0; c < channels; c++) {
        const a = from[upper + left + c] ?? 0;
        const b = from[lower + left + c] ?? 0;
        const top = a + ((from[upper + right + c] ?? 0) - a) * along;
        const bottom = b + ((from[lower + right + c] ?? 0) - b) * along;
        out[to++] = (top + (bottom - top) * down) * unit;
      }
    }
  }
}

function brighten(out: Float32Array, from: number, to: number, factor: number): void {
  for (let i = from; i < to; i++) out[i] = Math.min(1, (out[i] ?? 0) * factor);
}

function stretch(out: Float32Array, from: number, to: number, channels: number, factor: number): void {
  let sum = 0;
  if (channels === 3)
    for (let i = from; i < to; i += 3)
      sum += 0.299 * (out[i] ?? 0) + 0.587 * (out[i + 1] ?? 0) + 0.114 * (out[i + 2] ?? 0);
  else for (let i = from; i < to; i++) sum += out[i] ?? 0;
  const mean = sum / ((to - from) / channels);
  for (let i = from; i < to; i++) out[i] = Math.min(1, Math.max(0, mean + factor * ((out[i] ?? 0) - mean)));
}

function factor(strength: number, draws: Draws): number {
  return between(Math.max(0, 1 - strength), 1 + strength, draws);
}

function between(low: number, high: number, draws: Draws): number {
  return low + (high - low) * draws.uniform();
}
