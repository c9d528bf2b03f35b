import type { CumsumAttrs, MaxAttrs, SoftmaxAttrs, SumAttrs } from "@tensorflow/tfjs-core";
import { sizeOf } from "../../trace/index.js";
import { type Builder, onnxType } from "../graph-builder.js";
import type { Call, Lowering, Lowerings, Operand } from "../lowering-call.js";
import { cast } from "./lower-elementwise.js";

/** Kernels that reduce axes, or run along one. */
export const reduction: Lowerings = {
  Sum: call => sum(call),
  Mean: call => {
    const factor = sizeOf(call.output.shape) / sizeOf(call.input("x").shape);
    return call.b.op("Mul", [sum(call), call.b.scalar(factor)]);
  },
  Prod: reduce("ReduceProd"),
  Max: reduce("ReduceMax"),
  Min: reduce("ReduceMin"),
  All: logical("ReduceMin"),
  Any: logical("ReduceMax"),
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  Softmax: call => {
    const axis = (call.attributes as Partial<SoftmaxAttrs>).dim ?? -1;
    return call.b.op("Softmax", [call.input("logits").name], { axis });
  },
  LogSoftmax: call => {
    const { axis = -1 } = call.attributes as { readonly axis?: number };
    return call.b.op("LogSoftmax", [call.input("logits").name], { axis });
  },
  Cumsum: call => {
    const { axis, exclusive, reverse } = call.attributes as CumsumAttrs;
    const along = call.b.constant("int32", [], Int32Array.of(axis));
    const flags = { exclusive: Number(exclusive), reverse: Number(reverse) };
    return call.b.op("CumSum", [call.input("x").name, along], flags);
  },
};

/** Rows from which a sum over leading axes is made a matrix product; below, the ordinary operator is as quick. */
const MANY_ROWS = 64;
/** Width of the row that the product works on: enough to fill vector registers and to share between threads. */
const WIDTH = 2048;

function sum(call: Call): string {
  const { b, output } = call;
  const x = call.input("x");
  const axes = axesOf(call, x);
  const leading = axes.length > 0 && axes.every((axis, i) => axis === i) && axes.length < x.shape.length;
  const rows = sizeOf(x.shape.slice(0, axes.length));
  if (!leading || x.dtype !== "float32" || rows < MANY_ROWS) return reduce("ReduceSum")(call) as string;
  const columns = sizeOf(x.shape.slice(axes.length));
  return b.op("Reshape", [sumRows(b, x.name, rows, columns), b.ints(output.shape)]);
}

/**
 * x [rows, columns] -> [columns]. ReduceSum goes down a column at a time; 1' x, with `fold` rows side by side, goes
 * through memory once, and the product's blocks keep its partial sums short, which is kinder to rounding too.
 */
export function sumRows(b: Builder, x: string, rows: number, columns: number): string {
  const fold = divisor(rows, Math.max(1, Math.floor(WIDTH / columns)));
  const folded = b.op("Reshape", [x, b.ints([rows / fold, fold * columns])]);
  const sums = b.op("MatMul", [b.filled([1, rows / fold], 1), folded]);
  const unfolded = b.op("Reshape", [sums, b.ints([fold, columns])]);
  return b.op("ReduceSum", [unfolded, b.ints([0])], { keepdims: 0 });
}

/** The largest divisor of n up to `limit`. */
function divisor(n: number, limit: number): number {
  for (let d = Math.min(n, limit); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

/** All axes are named where none is. In order; never negative. */
function axesOf(call: Call, { shape }: Operand): number[] {
  const { axis, reductionIndices } = call.attributes as Partial<SumAttrs & MaxAttrs>;
  const axes = call.tf.util.parseAxisParam(axis ?? reductionIndices ?? [...shape.keys()], [...shape]);
  return axes.sort((a, b) => a - b);
}

function reduce(operator: string): Lowering {
  return call => {
    const { b, output } = call;
    const x = call.input("x");
    const axes = axesOf(call, x);
    const type = x.dtype === "bool" ? "int32" : x.dtype;
    const reduced =
      axes.length === 0
        ? cast(b, x, type)
        : b.op(operator, [cast(b, x, type), b.ints(axes)], { keepdims: keepDims(call) });
    return cast(b, { name: reduced, dtype: type }, output.dtype);
  };
}

function keepDims(call: Call): 0 | 1 {
  return (call.attributes as { readonly keepDims?: boolean }).keepDims === true ? 1 : 0;
}

/** Of truth values, as numbers. */
function logical(operator: string): Lowering {
  return call => {
    const { b } = call;
    const x = call.input("x");
    const result = b.op(operator, [cast(b, x, "int32"), b.ints(axesOf(call, x))], {
      keepdims: keepDims(call),
    });
    return cast(b, { name: result, dtype: "int32" }, "bool");
  };
}

function argument(operator: string): Lowering {
  return call => {
    const x = call.input("x");
    const [axis = 0] = axesOf(call, x);
    const place = call.b.op(operator, [x.name], { axis, keepdims: 0 });
    return call.b.op("Cast", [place], { to: onnxType("int32") });
  };
}
