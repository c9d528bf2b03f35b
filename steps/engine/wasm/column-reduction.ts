/**
 * Sum and Mean over all axes but the last: the gradient of every bias, and the statistics of batch normalisation.
 * The package transposes the whole tensor first, which takes longer than the sum. Columns are summed in place here,
 * eight at a time in double precision, in an order that does not depend on the number of threads.
 */
import type { SumAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import { type Repair, sizeOf } from "../kernels/scope.js";
import { composed } from "./compose.js";

export const columnReductionRepairs: readonly Repair[] = ["Sum", "Mean"].map(kernel =>
  composed(kernel, (scope, { x }: { readonly x: TensorInfo }, attrs: SumAttrs, original) => {
    if (original === undefined) throw new Error(`Internal error: the wasm backend has no kernel ${kernel}.`);
    const rank = x.shape.length;
    const axes = scope.tf.util.parseAxisParam(attrs.axis, x.shape);
    const columns = x.shape[rank - 1] ?? 1;
    const wanted = rank >= 2 && axes.length === rank - 1 && !axes.includes(rank - 1);
    if (!wanted || x.dtype !== "float32" || sizeOf(x.shape) === 0) return scope.call(original, { x }, attrs);
    const rows = sizeOf(x.shape) / columns;
    const shape = attrs.keepDims ? x.shape.map((n, i) => (i < rank - 1 ? 1 : n)) : [columns];
    const out = scope.make(shape);
    sumColumns(scope.floats(x), scope.floats(out), columns, kernel === "Mean" ? 1 / rows : 1);
    return out;
  }),
);

/** out[c] = scale * (sum over rows of x[row, c]); x is row-major. */
function sumColumns(x: Float32Array, out: Float32Array, columns: number, scale: number): void {
  const end = x.length;
  let c = 0;
  // Eight sums at a time stay in registers. `as number`: every index is within the array, and a check would cost.
  for (; c + 8 <= columns; c += 8) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (let i = c; i < end; i += columns) {
      s0 += x[i] as number;
      s1 += x[i + 1] as number;
      s2 += x[i + 2] as number;
      s3 += x[i + 3] as number;
      s4 += x[i + 4] as number;
      s5 += x[i + 5] as number;
      s6 += x[i + 6] as number;
      s7 += x[i + 7] as number;
    }
    out.set(
      [s0 * scale, s1 * scale, s2 * scale, s3 * scale, s4 * scale, s5 * scale, s6 * scale, s7 * scale],
      c,
    );
  }
  for (; c < columns; c++) {
    let sum = 0;
    for (let i = c; i < end; i += columns) sum += x[i] as number;
    out[c] = sum * scale;
  }
}
