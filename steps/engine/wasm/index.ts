/**
 * tfjs-backend-wasm made whole: one line a kernel that is missing, wrong or too slow to train with. Each file says
 * which, and why. The package's files are not touched: repairs are registered over its kernels.
 */
import type { TensorFlow } from "../types.js";
import { columnReductionRepairs } from "./column-reduction.js";
import type { Repair } from "./compose.js";
import { convFilterGradient } from "./conv-filter-gradient.js";
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
  convFilterGradient, // missing
  ...depthwiseGradients, // missing
  segmentSum, // missing
  einsum, // missing
  convInputGradient, // slow
  ...columnReductionRepairs, // slow
  tile, // slow
  identity, // slow
];

const repaired = new WeakSet<TensorFlow>();

/** Registers the repairs with this copy of TensorFlow.js, once. The wasm backend must have been imported. */
export function repairKernels(tf: TensorFlow): void {
  if (repaired.has(tf)) return;
  repaired.add(tf);
  const originals = new Map(tf.getKernelsForBackend("wasm").map(config => [config.kernelName, config]));
  for (const { kernel, make } of repairs) {
    const original = originals.get(kernel);
    const kernelFunc = make(tf, original);
    if (original !== undefined) tf.unregisterKernel(kernel, "wasm");
    // The package's set-up binds its kernel to the wasm module whenever the backend starts: keep it.
    tf.registerKernel({ ...original, kernelName: kernel, backendName: "wasm", kernelFunc });
  }
}
