import type { Operator } from "../operators.js";
import { elementwise } from "./elementwise.js";
import { images } from "./images.js";
import { structure } from "./structure.js";

/** TensorFlow's operators on tensors, as far as image generators use them; images are [N, H, W, C]. */
export const tensorflowOperators: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...images,
  ...structure,
};
