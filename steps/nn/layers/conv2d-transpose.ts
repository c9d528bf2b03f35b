import type { Tensor4D } from "../../engine/types.js";
import { activate } from "./activation.js";
import { convOptions, type ConvSpec } from "./conv2d.js";
import { biased, imageShape, type LayerType, weighted } from "./layer.js";

export type Conv2dTransposeSpec = ConvSpec<"conv2dTranspose">;

/**
 * The gradient of conv2d with respect to its input, [H, W, C] -> [H', W', filters]; kernel [k, k, filters, C].
 * `same`: H' = H * strides; `valid`: H' = (H - 1) * strides + k.
 */
export const conv2dTranspose: LayerType<Conv2dTransposeSpec> = {
  options: convOptions,
  required: ["filters", "kernel"],
  stage: "conv",
  shapes(spec, input) {
    const [height, width, channels] = imageShape(input);
    const { filters, kernel: k, strides = 1 } = spec;
    // Each output sees 1 / strides^2 of the taps.
    const fans = { fanIn: (k * k * channels) / strides ** 2, fanOut: k * k * filters };
    return {
      output: [grownSize(height, spec), grownSize(width, spec), filters],
      weights: weighted([k, k, filters, channels], fans, spec, filters),
    };
  },
  forward(pass, spec, x) {
    const { strides = 1, padding = "same", filters } = spec;
    const [batch = 0, height = 0, width = 0] = x.shape;
    const out: [number, number, number, number] = [
      batch,
      grownSize(height, spec),
      grownSize(width, spec),
      filters,
    ];
    const kernel = pass.weight("kernel") as Tensor4D;
    const y = pass.tf.conv2dTranspose(x as Tensor4D, kernel, out, strides, padding);
    return activate(pass.tf, biased(pass, spec, y), spec.activation);
  },
};

function grownSize(size: number, { kernel, strides = 1, padding = "same" }: Conv2dTransposeSpec): number {
  return padding === "same" ? size * strides : (size - 1) * strides + kernel;
}
