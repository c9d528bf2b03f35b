/**
 * How the windows of a convolution or of pooling lie on an image, as plain index lists. An image [N, H, W, C] is taken
 * as N x H W rows of C numbers; a window is a list of rows, so patches are one Gather, and no layout but NHWC is needed.
 */
import type { backend_util } from "@tensorflow/tfjs-core";

export interface Windows {
  readonly batch: number;
  /** Pixels of the image, H W, and numbers a pixel. */
  readonly pixels: number;
  readonly channels: number;
  /** Windows an image, H' W', and rows that each looks at. */
  readonly count: number;
  readonly taps: number;
  /** By window and tap, the pixel looked at, or -1 beyond the edge. */
  readonly seen: Int32Array;
}

type Geometry = Pick<
  backend_util.Conv2DInfo,
  | ("batchSize" | "inHeight" | "inWidth" | "inChannels" | "outHeight" | "outWidth" | "padInfo")
  | ("strideHeight" | "strideWidth" | "dilationHeight" | "dilationWidth" | "filterHeight" | "filterWidth")
>;

export function windowsOf(info: Geometry): Windows {
  const { outHeight, outWidth, filterHeight, filterWidth, inHeight, inWidth, padInfo } = info;
  const taps = filterHeight * filterWidth;
  const seen = new Int32Array(outHeight * outWidth * taps);
  let at = 0;
  for (let oh = 0; oh < outHeight; oh++)
    for (let ow = 0; ow < outWidth; ow++)
      for (let i = 0; i < filterHeight; i++)
        for (let j = 0; j < filterWidth; j++, at++) {
          const h = oh * info.strideHeight - padInfo.top + i * info.dilationHeight;
          const w = ow * info.strideWidth - padInfo.left + j * info.dilationWidth;
          seen[at] = h >= 0 && h < inHeight && w >= 0 && w < inWidth ? h * inWidth + w : -1;
        }
  return {
    ...{ batch: info.batchSize, pixels: inHeight * inWidth, channels: info.inChannels },
    ...{ count: outHeight * outWidth, taps, seen },
  };
}

/** The other way round: by pixel and tap, the window that looks at the pixel by that tap, or -1. */
export function seersOf({ pixels, taps, seen }: Windows): Int32Array {
  const seers = new Int32Array(pixels * taps).fill(-1);
  seen.forEach((pixel, at) => {
    const tap = at % taps;
    if (pixel >= 0) seers[pixel * taps + tap] = (at - tap) / taps;
  });
  return seers;
}

/** Pixels that are looked at by the same taps, and so have one formula for their gradient. */
export interface Phase {
  readonly taps: readonly number[];
  readonly pixels: readonly number[];
}

/**
 * With stride s an image has s x s phases, each seen by every s-th row and column of the filter. At the edges some
 * windows are missing.
 */
export function phasesOf(info: Geometry): Phase[] {
  const { inHeight, inWidth, strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = info;
  const along = (
    size: number,
    stride: number,
    pad: number,
    length: number,
  ): { at: number[]; taps: number[] }[] =>
    Array.from({ length: stride }, (_, phase) => ({
      at: range(size).filter(i => (i + pad) % stride === phase),
      taps: range(length).filter(tap => tap % stride === phase),
    }));
  const rows = along(inHeight, strideHeight, padInfo.top, filterHeight);
  const columns = along(inWidth, strideWidth, padInfo.left, filterWidth);
  return rows
    .flatMap(row =>
      columns.map(column => ({
        taps: row.taps.flatMap(i => column.taps.map(j => i * filterWidth + j)),
        pixels: row.at.flatMap(h => column.at.map(w => h * inWidth + w)),
      })),
    )
    .filter(({ pixels }) => pixels.length > 0);
}

/** `seersOf`, of a phase's pixels and taps alone. */
export function seersOfPhase({ taps, pixels }: Phase, seers: Int32Array, allTaps: number): Int32Array {
  const own = new Int32Array(pixels.length * taps.length);
  let at = 0;
  for (const pixel of pixels) for (const tap of taps) own[at++] = seers[pixel * allTaps + tap] ?? -1;
  return own;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
