import { sameShape, shapeText } from "../../formats/arrays.js";
import { type Activation, activate, activationSchema } from "./activation.js";
import type { LayerSpec, LayerType } from "./layer.js";

export type ResidualSpec = {
  readonly type: "residual";
  readonly layers: readonly LayerSpec[];
  readonly shortcut?: readonly LayerSpec[];
  readonly activation?: Activation;
};

/**
 * y = activation(layers(x) + shortcut(x)) (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016).
 * Without `shortcut` it is x itself, so `layers` must keep the shape.
 * Weights: `layers.<i>.<name>` and `shortcut.<i>.<name>` of the layers within.
 */
export const residual: LayerType<ResidualSpec> = {
  options: {
    layers: { type: "array", items: { type: "object" }, minItems: 1 },
    shortcut: { type: "array", items: { type: "object" } },
    activation: activationSchema,
  },
  required: ["layers"],
  nested: ["layers", "shortcut"],
  stage: "residual",
  shapes({ layers, shortcut = [], activation = "linear" }, input, chain) {
    const then = { type: "activation", activation };
    const main = chain("layers", layers, input, then);
    const other = chain("shortcut", shortcut, input, then);
    if (!sameShape(main.output, other.output))
      throw new Error(
        `its layers put out ${shapeText(main.output)}, which is to be added to ${shapeText(other.output)}: ` +
          "make them alike by 'shortcut', such as [{ type: conv2d, filters: 64, kernel: 1, strides: 2 }]",
      );
    return { output: main.output, weights: { ...main.weights, ...other.weights } };
  },
  forward(pass, { layers, shortcut = [], activation }, x) {
    const sum = pass.tf.add(pass.chain("layers", layers, x), pass.chain("shortcut", shortcut, x));
    return activate(pass.tf, sum, activation);
  },
};
