/**
 * MaxPoolGrad. The package's own starts its search for the maximum at 0, so a window with no positive value sends
 * its gradient nowhere or to the wrong place. Here each window's gradient goes to its first greatest element, as
 * in TensorFlow.
 */
import type { MaxPoolGradAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import type { Repair } from "../kernels/scope.js";
import { composed } from "./compose.js";

interface Inputs {
  readonly dy: TensorInfo;
  readonly input: TensorInfo;
}

export const maxPoolGradient: Repair = composed(
  "MaxPoolGrad",
  (scope, { dy, input }: Inputs, { filterSize, strides, pad, dimRoundingMode }: MaxPoolGradAttrs) => {
    const shape = input.shape as [number, number, number, number];
    const info = scope.tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
    const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
    const dx = scope.make(shape);
    const [x, g, out] = [scope.floats(input), scope.floats(dy), scope.floats(dx)];
    out.fill(0);
    let at = 0;
    for (let n = 0; n < batchSize; n++)
      for (let oh = 0; oh < outHeight; oh++) {
        const top = oh * strideHeight - padInfo.top;
        const [h0, h1] = [Math.max(0, top), Math.min(inHeight, top + filterHeight)];
        for (let ow = 0; ow < outWidth; ow++) {
          const left = ow * strideWidth - padInfo.left;
          const [w0, w1] = [Math.max(0, left), Math.min(inWidth, left + filterWidth)];
          for (let c = 0; c < inChannels; c++, at++) {
            let best = -1;
            let greatest = -Infinity;
            for (let h = h0; h < h1; h++)
              for (let w = w0; w < w1; w++) {
                const i = ((n * inHeight + h) * inWidth + w) * inChannels + c;
                const value = x[i] as number;
                if (best < 0 || value > greatest) [best, greatest] = [i, value];
              }
            if (best >= 0) out[best] = (out[best] as number) + (g[at] as number);
          }
        }
      }
    return dx;
  },
);
