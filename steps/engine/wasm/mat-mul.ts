/**
 * Matrix products. Two faults of the package's kernels, both silent:
 * - XNNPACK's operators are cached by the data id of b *without its shape*, so the product with a reshaped view of
 *   b is computed with the old shape and comes out wrong. Here a b that was seen with another shape is copied.
 * - Only products of plain matrices without a transpose flag reach XNNPACK; others take a loop that is 20 times
 *   slower. Here a transposed operand is transposed first.
 */
import type { BatchMatMulAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import { type Repair, sizeOf } from "../kernels/scope.js";
import { composed, type HeapScope } from "./compose.js";

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

export const matMulRepairs: readonly Repair[] = ["BatchMatMul", "_FusedMatMul"].map(kernel =>
  composed(kernel, (scope, inputs: Operands, attrs: BatchMatMulAttrs, original) => {
    if (original === undefined) throw new Error(`Internal error: the wasm backend has no kernel ${kernel}.`);
    if (!isMatrix(inputs.a) || !isMatrix(inputs.b)) return scope.call(original, { ...inputs }, attrs);
    const a = attrs.transposeA ? flip(scope, inputs.a) : inputs.a;
    const b = attrs.transposeB ? flip(scope, inputs.b) : ownShape(scope, inputs.b);
    return scope.call(original, { ...inputs, a, b }, { ...attrs, transposeA: false, transposeB: false });
  }),
);

/** A matrix, or a batch of exactly one. */
function isMatrix(t: TensorInfo): boolean {
  return t.dtype === "float32" && sizeOf(t.shape.slice(0, -2)) === 1;
}

function flip(scope: HeapScope, t: TensorInfo): TensorInfo {
  const rank = t.shape.length;
  const [rows = 1, columns = 1] = t.shape.slice(rank - 2);
  const turned = scope.transpose(scope.view(t, [rows, columns]), [1, 0]);
  // A vector's transpose shares its data: give it an id of its own as b.
  const flipped = rows === 1 || columns === 1 ? copy(scope, turned) : turned;
  return scope.view(flipped, [...t.shape.slice(0, rank - 2), columns, rows]);
}

/** The shape under which XNNPACK knows each b; entries go when the data is freed. */
const shapeOfB = new WeakMap<object, string>();

function ownShape(scope: HeapScope, b: TensorInfo): TensorInfo {
  const shape = b.shape.slice(-2).join("x");
  const seen = shapeOfB.get(b.dataId);
  if (seen === undefined) shapeOfB.set(b.dataId, shape);
  return seen === undefined || seen === shape ? b : copy(scope, b);
}

function copy(scope: HeapScope, t: TensorInfo): TensorInfo {
  const made = scope.make(t.shape);
  scope.floats(made).set(scope.floats(t));
  return made;
}
