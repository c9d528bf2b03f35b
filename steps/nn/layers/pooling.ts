import type { Tensor4D } from "../../engine/types.js";
import { slidSize } from "./conv2d.js";
import { imageShape, type LayerType, whole } from "./layer.js";

export type MaxPoolSpec = { readonly type: "maxPool"; readonly size: number; readonly strides?: number };
export type GlobalAveragePoolSpec = { readonly type: "globalAveragePool" };
export type UpsampleSpec = { readonly type: "upsample"; readonly factor: number };

/** The largest number of each window of `size` x `size`; `strides` is by default `size`. */
export const maxPool: LayerType<MaxPoolSpec> = {
  options: { size: whole, strides: whole },
  required: ["size"],
  shapes({ size, strides = size }, input) {
    const [height, width, channels] = imageShape(input);
    const window = { kernel: size, strides, padding: "valid" } as const;
    return { output: [slidSize(height, window), slidSize(width, window), channels], weights: {} };
  },
  forward: ({ tf }, { size, strides = size }, x) => tf.maxPool(x as Tensor4D, size, strides, "valid"),
};

/** Mean over the image's axes: [H, W, C] -> [C]. */
export const globalAveragePool: LayerType<GlobalAveragePoolSpec> = {
  options: {},
  shapes: (_, input) => ({ output: imageShape(input).slice(2), weights: {} }),
  forward: ({ tf }, _, x) => tf.mean(x, [1, 2]),
};

/** Each pixel becomes a square of `factor` x `factor`. */
export const upsample: LayerType<UpsampleSpec> = {
  options: { factor: whole },
  required: ["factor"],
  shapes({ factor }, input) {
    const [height, width, channels] = imageShape(input);
    return { output: [height * factor, width * factor, channels], weights: {} };
  },
  forward({ tf }, { factor }, x) {
    const [, height = 0, width = 0] = x.shape;
    return tf.image.resizeNearestNeighbor(x as Tensor4D, [height * factor, width * factor]);
  },
};
