/**
 * Conv2DBackpropInput: the gradient of a convolution's input, and the forward pass of a transposed convolution.
 * The package's own is a scalar loop, 4 to 6 times slower than what follows.
 *
 * dx[n, h, w, c] = sum over i, j, k of dy[n, (h + top - i) / sh, (w + left - j) / sw, k] W[i, j, c, k], over those
 * i, j for which the divisions are exact. For all h of one residue modulo sh (one *phase*) these are the same
 * filter rows, so each of the sh x sw phases is an ordinary convolution of dy with a part of the turned filter.
 */
import type { Conv2DBackpropInputAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import type { Repair } from "../kernels/scope.js";
import { composed, type HeapScope } from "./compose.js";

interface Inputs {
  readonly dy: TensorInfo;
  readonly filter: TensorInfo;
}

export const convInputGradient: Repair = composed(
  "Conv2DBackpropInput",
  (scope, { dy, filter }: Inputs, attrs: Conv2DBackpropInputAttrs) => {
    const { strides, pad, dimRoundingMode, inputShape } = attrs;
    const shape = filter.shape as [number, number, number, number];
    const info = scope.tf.backend_util.computeConv2DInfo(inputShape, shape, strides, 1, pad, dimRoundingMode);
    const { batchSize: n, inHeight, inWidth, inChannels: c, strideHeight: sh, strideWidth: sw } = info;
    const rows = axisPhases(inHeight, info.outHeight, info.filterHeight, sh, info.padInfo.top);
    const columns = axisPhases(inWidth, info.outWidth, info.filterWidth, sw, info.padInfo.left);
    const [height, width] = [Math.ceil(inHeight / sh), Math.ceil(inWidth / sw)];
    const parts = rows.map(row =>
      columns.map(column => phase(scope, dy, filter, row, column, [n, height, width, c])),
    );
    const [[single] = []] = parts;
    if (sh === 1 && sw === 1 && single !== undefined) return single;
    // Neighbours along W stand side by side in [N, height, width, sw C], lines of them along H likewise.
    const lines = parts.map(across => scope.view(scope.concat(across, 3), [n * height, width * sw * c]));
    const whole = scope.view(scope.concat(lines, 1), [n, height * sh, width * sw, c]);
    return scope.slice(whole, [0, 0, 0, 0], [n, inHeight, inWidth, c]);
  },
);

/** One residue of an axis of x: which filter taps meet it, and which part of dy, padded how. */
interface AxisPhase {
  /** The filter's taps that meet it, the last first: the order of an ordinary convolution. */
  readonly taps: readonly number[];
  /** The part of dy that is read. */
  readonly from: number;
  readonly length: number;
  /** Zeros before and after that part. */
  readonly pad: readonly [number, number];
}

function axisPhases(size: number, out: number, kernel: number, stride: number, before: number): AxisPhase[] {
  const positions = Math.ceil(size / stride);
  return Array.from({ length: stride }, (_, residue) => {
    const first = (residue + before) % stride;
    const taps: number[] = [];
    for (let tap = first; tap < kernel; tap += stride) taps.unshift(tap);
    // Position q reads dy[q + shift - t] for the t-th tap, so the turned filter begins at dy[shift - taps + 1].
    const start = Math.floor((residue + before) / stride) - taps.length + 1;
    const end = start + positions + taps.length - 1;
    const from = Math.min(Math.max(0, start), out);
    const length = Math.max(0, Math.min(out, end) - from);
    return { taps, from, length, pad: [Math.max(0, -start), Math.max(0, end - out)] };
  });
}

/** The values of dx at one residue of rows and one of columns: `shape`, [N, height, width, C]. */
function phase(
  scope: HeapScope,
  dy: TensorInfo,
  filter: TensorInfo,
  row: AxisPhase,
  column: AxisPhase,
  shape: readonly [number, number, number, number],
): TensorInfo {
  if ([row, column].some(axis => axis.taps.length === 0 || axis.length === 0)) {
    const zeros = scope.make(shape);
    scope.floats(zeros).fill(0);
    return zeros;
  }
  const [n = 0, oh = 0, ow = 0, k = 0] = dy.shape;
  const all = row.length === oh && column.length === ow;
  const read = all ? dy : scope.slice(dy, [0, row.from, column.from, 0], [n, row.length, column.length, k]);
  return scope.conv2d(read, turned(scope, filter, row.taps, column.taps), [row.pad, column.pad]);
}

/** The filter's taps `rows` x `columns`, from K to C channels: [rows, columns, K, C]. */
function turned(
  scope: HeapScope,
  filter: TensorInfo,
  rows: readonly number[],
  columns: readonly number[],
): TensorInfo {
  const [, kw = 0, c = 0, k = 0] = filter.shape;
  const out = scope.make([rows.length, columns.length, k, c]);
  const [from, to] = [scope.floats(filter), scope.floats(out)];
  let at = 0;
  for (const row of rows)
    for (const column of columns) {
      const base = (row * kw + column) * c * k;
      // `as number`: every index is within the array, and a check would cost.
      for (let b = 0; b < k; b++) for (let a = 0; a < c; a++) to[at++] = from[base + a * k + b] as number;
    }
  return out;
}
