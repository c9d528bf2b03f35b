/**
 * Einsum, which the package lacks: operands are brought to a common order of dimensions, multiplied with
 * broadcasting, and summed, in the order that TensorFlow.js plans for every backend.
 */
import type { EinsumAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import type { Repair } from "../kernels/scope.js";
import { composed, type HeapScope } from "./compose.js";

export const einsum: Repair = composed(
  "Einsum",
  (scope, operands: readonly TensorInfo[], { equation }: EinsumAttrs) => {
    const plan = scope.tf.backend_util;
    const { allDims, summedDims, idDims } = plan.decodeEinsumEquation(equation, operands.length);
    checkSizes(operands, idDims, equation);
    const { path, steps } = plan.getEinsumComputePath(summedDims, idDims);
    let remaining = allDims.length;
    let product: TensorInfo | undefined;
    steps.forEach((terms, step) => {
      for (const term of terms) {
        const operand = operands[term];
        if (operand === undefined) throw new Error(`Internal error: ${equation} has no operand ${term}.`);
        const factor = aligned(scope, operand, remaining, idDims[term] ?? []);
        product = product === undefined ? factor : scope.run("Multiply", { a: factor, b: product }, {});
      }
      if (step === steps.length - 1 || product === undefined) return;
      const summed = path[step] ?? -1;
      if (summed >= 0) {
        const axis = summed - (allDims.length - remaining);
        product = scope.run("Sum", { x: product }, { axis, keepDims: false });
      }
      remaining--;
    });
    if (product === undefined) throw new Error(`Internal error: ${equation} has no operands.`);
    return product;
  },
);

/** The operand with its dimensions in the common order, and 1 for those that it lacks. */
function aligned(scope: HeapScope, operand: TensorInfo, rank: number, dims: number[]): TensorInfo {
  const { permutationIndices: perm, expandDims } = scope.tf.backend_util.getEinsumPermutation(rank, dims);
  const turned = scope.tf.backend_util.isIdentityPermutation(perm) ? operand : scope.transpose(operand, perm);
  const shape = [...turned.shape];
  for (const at of expandDims) shape.splice(at, 0, 1);
  return scope.view(turned, shape);
}

/** A letter must stand for one size everywhere. */
function checkSizes(operands: readonly TensorInfo[], idDims: readonly number[][], equation: string): void {
  const sizes = new Map<number, number>();
  operands.forEach(({ shape }, i) => {
    const dims = idDims[i] ?? [];
    const clash = dims.some((dim, at) => (sizes.get(dim) ?? shape[at]) !== shape[at]);
    if (clash || dims.length !== shape.length)
      throw new Error(`einsum ${equation}: operand ${i} of shape [${shape.join()}] does not fit.`);
    dims.forEach((dim, at) => sizes.set(dim, shape[at] ?? 0));
  });
}
