import type { Image } from "./picture.js";

/**
 * The picture at another size, stretched where the shape differs: each pixel is the mean of those that it covers,
 * weighted by a triangle (antialiased bilinear). Horizontally first, in the fixed-point numbers of Pillow, so that the
 * pixels are those of `Image.resize(size, BILINEAR)` and of torchvision's `Resize` of a PIL image.
 */
export function resize({ shape, data }: Image, [height, width]: readonly [number, number]): Image {
  const [rows, columns, channels] = shape;
  if (rows === height && columns === width) return { shape, data };
  const across = weights(columns, width);
  const wide = new Uint8Array(rows * width * channels);
  for (let y = 0; y < rows; y++)
    across.forEach(({ from, parts }, x) => {
      for (let c = 0; c < channels; c++)
        wide[(y * width + x) * channels + c] = sum(
          data,
          (y * columns + from) * channels + c,
          channels,
          parts,
        );
    });
  const out = new Uint8Array(height * width * channels);
  const line = width * channels;
  weights(rows, height).forEach(({ from, parts }, y) => {
    for (let x = 0; x < line; x++) out[y * line + x] = sum(wide, from * line + x, line, parts);
  });
  return { shape: [height, width, channels], data: out };
}

/** Grey of colours by ITU-R BT.601, as Pillow rounds it; colours of grey by repetition. */
export function withChannels({ shape, data }: Image, channels: 1 | 3): Image {
  const [height, width, own] = shape;
  if (own === channels) return { shape, data };
  const out = new Uint8Array(height * width * channels);
  for (let i = 0; i < height * width; i++)
    if (channels === 3) out.fill(data[i] ?? 0, 3 * i, 3 * i + 3);
    else {
      const [r = 0, g = 0, b = 0] = data.subarray(3 * i, 3 * i + 3);
      out[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    }
  return { shape: [height, width, channels], data: out };
}

/** Weights are whole numbers of 2^-22. */
const ONE = 2 ** 22;

function sum(data: Uint8Array, at: number, step: number, parts: readonly number[]): number {
  let total = ONE / 2;
  for (let i = 0; i < parts.length; i++) total += (parts[i] ?? 0) * (data[at + i * step] ?? 0);
  return Math.min(255, Math.floor(total / ONE));
}

interface Weights {
  readonly from: number;
  readonly parts: readonly number[];
}

/** Of each new place along an axis, the first old one that it covers, and the share of each. */
function weights(before: number, after: number): Weights[] {
  const scale = before / after;
  const support = Math.max(scale, 1);
  return Array.from({ length: after }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(before, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: to - from }, (_, j) =>
      Math.max(0, 1 - Math.abs((from + j - centre + 0.5) / support)),
    );
    const all = shares.reduce((total, share) => total + share, 0);
    return { from, parts: shares.map(share => Math.trunc(0.5 + (share / all) * ONE)) };
  });
}
