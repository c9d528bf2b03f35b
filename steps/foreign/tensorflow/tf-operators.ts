import type { Operator } from "../call.js";
import { elementwise } from "./tf-elementwise.js";
import { images } from "./tf-images.js";
import { structure } from "./tf-structure.js";

/** TensorFlow's operators on tensors, as far as image generators use them; images are [N, H, W, C]. */
export const tensorflowOperators: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...images,
  ...structure,
};
