/**
 * The two gradients of a depthwise convolution, which the package lacks. Both walk over the same products:
 * y[n, oh, ow, c m] += x[n, h, w, c] filter[i, j, c, m], with h = oh sh + i - top, and w likewise.
 * Does not: dilate; the gradient of a dilated convolution is refused before it gets here.
 */
import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  TensorInfo,
} from "@tensorflow/tfjs-core";
import type { Repair } from "../kernels/scope.js";
import { composed, type HeapScope } from "./compose.js";

export const depthwiseGradients: readonly Repair[] = [
  composed(
    "DepthwiseConv2dNativeBackpropInput",
    (
      scope,
      { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
      attrs: DepthwiseConv2dNativeBackpropInputAttrs,
    ) => {
      const info = geometry(scope, attrs.inputShape, filter.shape, attrs);
      const dx = scope.make(attrs.inputShape);
      const [g, f, out] = [scope.floats(dy), scope.floats(filter), scope.floats(dx)];
      out.fill(0);
      // `as number`, here and below: every index is within its array, and a check would cost.
      eachProduct(info, (x, y, tap) => {
        out[x] = (out[x] as number) + (g[y] as number) * (f[tap] as number);
      });
      return dx;
    },
  ),
  composed(
    "DepthwiseConv2dNativeBackpropFilter",
    (
      scope,
      { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
      attrs: DepthwiseConv2dNativeBackpropFilterAttrs,
    ) => {
      const info = geometry(scope, x.shape, attrs.filterShape, attrs);
      const dFilter = scope.make(attrs.filterShape);
      const [v, g, out] = [scope.floats(x), scope.floats(dy), scope.floats(dFilter)];
      out.fill(0);
      eachProduct(info, (at, y, tap) => {
        out[tap] = (out[tap] as number) + (v[at] as number) * (g[y] as number);
      });
      return dFilter;
    },
  ),
];

type Geometry = ReturnType<HeapScope["tf"]["backend_util"]["computeConv2DInfo"]>;

function geometry(
  scope: HeapScope,
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: Pick<DepthwiseConv2dNativeBackpropInputAttrs, "strides" | "dilations" | "pad" | "dimRoundingMode">,
): Geometry {
  type Four = [number, number, number, number];
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  return scope.tf.backend_util.computeConv2DInfo(
    xShape as Four,
    filterShape as Four,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
}

/** Calls `visit` with the flat indices of x, y and the filter for every product that the forward pass adds up. */
function eachProduct(info: Geometry, visit: (x: number, y: number, tap: number) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const multiplier = outChannels / inChannels;
  for (let n = 0; n < batchSize; n++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++)
        for (let i = 0; i < filterHeight; i++) {
          const h = oh * strideHeight + i - padInfo.top;
          if (h < 0 || h >= inHeight) continue;
          for (let j = 0; j < filterWidth; j++) {
            const w = ow * strideWidth + j - padInfo.left;
            if (w < 0 || w >= inWidth) continue;
            const x = ((n * inHeight + h) * inWidth + w) * inChannels;
            const y = ((n * outHeight + oh) * outWidth + ow) * outChannels;
            const tap = (i * filterWidth + j) * outChannels;
            for (let k = 0; k < outChannels; k++) visit(x + Math.floor(k / multiplier), y + k, tap + k);
          }
        }
}
