/** tfjs-backend-webgpu made whole: one line a kernel that is wrong or too slow to train with. */
import type { CumsumAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import { convFilterGradient } from "../kernels/conv-filter-gradient.js";
import { registerRepairs } from "../kernels/register.js";
import { composedFor, type Repair } from "../kernels/scope.js";
import type { TensorFlow } from "../types.js";

const repairs: readonly Repair[] = [
  // One thread a weight, each over all images and positions.
  composedFor("webgpu", "Conv2DBackpropFilter", convFilterGradient),
  /*
   * Backwards, the package's shader has the axis's length written into it but not into the name under which it is
   * cached, so the second length computes with the first. Forwards it is right: turn, sum, turn back.
   */
  composedFor(
    "webgpu",
    "Cumsum",
    (scope, { x }: { readonly x: TensorInfo }, attrs: CumsumAttrs, original) => {
      if (original === undefined) throw new Error("Internal error: the webgpu backend has no kernel Cumsum.");
      if (!attrs.reverse) return scope.call(original, { x }, attrs);
      const dims = [attrs.axis];
      const turned = scope.run("Reverse", { x }, { dims });
      const summed = scope.call(original, { x: turned }, { ...attrs, reverse: false });
      return scope.run("Reverse", { x: summed }, { dims });
    },
  ),
];

/** Registers the repairs with this copy of TensorFlow.js. The webgpu backend must have been loaded. */
export function repairWebgpu(tf: TensorFlow): void {
  registerRepairs(tf, "webgpu", repairs);
}
