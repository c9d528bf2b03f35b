import type { JsonObject } from "../../../runner/step-api.js";
import type { Tensor4D } from "../../engine/types.js";
import { type Activation, activate, activationSchema } from "./activation.js";
import { biased, imageShape, type LayerType, weighted, whole } from "./layer.js";

export type Conv2dSpec = ConvSpec<"conv2d">;

export type ConvSpec<Type extends string> = {
  readonly type: Type;
  readonly filters: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Default 1. */
  readonly strides?: number;
  /** As in TensorFlow; default same. */
  readonly padding?: "same" | "valid";
  readonly bias?: boolean;
  readonly activation?: Activation;
};

export const convOptions: JsonObject = {
  filters: whole,
  kernel: whole,
  strides: whole,
  padding: { enum: ["same", "valid"] },
  bias: { type: "boolean" },
  activation: activationSchema,
};

/** [H, W, C] -> [H', W', filters]; kernel [k, k, C, filters]. */
export const conv2d: LayerType<Conv2dSpec> = {
  options: convOptions,
  required: ["filters", "kernel"],
  stage: "conv",
  shapes(spec, input) {
    const [height, width, channels] = imageShape(input);
    const { filters, kernel: k } = spec;
    const fans = { fanIn: k * k * channels, fanOut: k * k * filters };
    return {
      output: [slidSize(height, spec), slidSize(width, spec), filters],
      weights: weighted([k, k, channels, filters], fans, spec, filters),
    };
  },
  forward(pass, spec, x) {
    const { strides = 1, padding = "same" } = spec;
    const y = pass.tf.conv2d(x as Tensor4D, pass.weight("kernel") as Tensor4D, strides, padding);
    return activate(pass.tf, biased(pass, spec, y), spec.activation);
  },
};

/** How many places a window has along an axis. */
export function slidSize(
  size: number,
  { kernel, strides = 1, padding = "same" }: Pick<Conv2dSpec, "kernel" | "strides" | "padding">,
): number {
  return padding === "same"
    ? Math.ceil(size / strides)
    : Math.max(0, Math.floor((size - kernel) / strides) + 1);
}
