/**
 * tfjs-backend-wasm made whole: one line a kernel that is missing, wrong or too slow to train with. Each file says
 * which, and why. The package's files are not touched: repairs are registered over its kernels.
 */
import { convFilterGradient } from "../kernels/conv-filter-gradient.js";
import { registerRepairs } from "../kernels/register.js";
import type { Repair } from "../kernels/scope.js";
import type { TensorFlow } from "../types.js";
import { columnReductionRepairs } from "./column-reduction.js";
import { composed } from "./compose.js";
import { convInputGradient } from "./conv-input-gradient.js";
import { convPaddingRepairs } from "./conv-padding.js";
import { depthwiseGradients } from "./depthwise-gradients.js";
import { einsum } from "./einsum.js";
import { identity } from "./identity.js";
import { matMulRepairs } from "./mat-mul.js";
import { maxPoolGradient } from "./max-pool-gradient.js";
import { segmentSum } from "./segment-sum.js";
import { tile } from "./tile.js";

const repairs: readonly Repair[] = [
  ...matMulRepairs, // wrong after a reshape; slow when transposed
  ...convPaddingRepairs, // wrong where the stride is larger than the filter
  maxPoolGradient, // wrong for windows without a positive value
  composed("Conv2DBackpropFilter", convFilterGradient), // missing
  ...depthwiseGradients, // missing
  segmentSum, // missing
  einsum, // missing
  convInputGradient, // slow
  ...columnReductionRepairs, // slow
  tile, // slow
  identity, // slow
];

/** The kernels that are ours; the tests' table of operations must come by each. */
export const REPAIRED: readonly string[] = repairs.map(({ kernel }) => kernel);

/** Registers the repairs with this copy of TensorFlow.js. The wasm backend must have been imported. */
export function repairKernels(tf: TensorFlow): void {
  registerRepairs(tf, "wasm", repairs);
}
