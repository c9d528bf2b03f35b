import { elementCount, shapeText } from "../../formats/arrays.js";
import { type LayerType, whole } from "./layer.js";

export type ReshapeSpec = { readonly type: "reshape"; readonly shape: readonly number[] };
export type FlattenSpec = { readonly type: "flatten" };

/** The same numbers, in the same order, in another shape. */
export const reshape: LayerType<ReshapeSpec> = {
  options: { shape: { type: "array", items: whole, minItems: 1, maxItems: 3 } },
  required: ["shape"],
  shapes({ shape }, input) {
    if (elementCount(shape) !== elementCount(input))
      throw new Error(`${shapeText(input)} cannot become ${shapeText(shape)}`);
    return { output: shape, weights: {} };
  },
  forward: ({ tf }, { shape }, x) => tf.reshape(x, [x.shape[0], ...shape]),
};

/** As a vector. */
export const flatten: LayerType<FlattenSpec> = {
  options: {},
  shapes: (_, input) => ({ output: [elementCount(input)], weights: {} }),
  forward({ tf }, _, x) {
    const [batch = 0] = x.shape;
    return tf.reshape(x, [batch, x.size / batch]);
  },
};
