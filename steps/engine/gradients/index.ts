/**
 * The backward pass of TensorFlow.js kernels. tfjs-core publishes its own gradients only in a form that Node
 * cannot load without a bundler, and some of them are wrong: where tensors broadcast
 * (maximum, minimum, squared difference), and for resized images that are oblong or several. So every backend gets these, and one formula holds everywhere.
 * Does not: cover 3-D convolutions, dilated convolutions, FFTs, strided slices, or products over axes.
 */
import type { TensorFlow } from "../types.js";
import { arithmetic } from "./arithmetic-gradients.js";
import { elementwise } from "./elementwise-gradients.js";
import { image } from "./image-gradients.js";
import { linear } from "./linear-gradients.js";
import { normalise } from "./normalise.js";
import { reduction } from "./reduction-gradients.js";
import { structure } from "./structure-gradients.js";

/** Registers every gradient with this copy of TensorFlow.js; replaces those that are there. */
export function registerGradients(tf: TensorFlow): void {
  const families = [arithmetic, elementwise, reduction, structure, linear, image, normalise];
  for (const config of families.flatMap(family => family(tf))) tf.registerGradient(config);
}
