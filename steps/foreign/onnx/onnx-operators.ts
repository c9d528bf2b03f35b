import type { Operator } from "../call.js";
import { elementwise } from "./elementwise.js";
import { images } from "./image-operators.js";
import { linear } from "./linear.js";
import { structure } from "./structure.js";

/** ONNX's operators on tensors, versions 7 to 21 of its operator set, as far as image generators use them. */
export const onnxOperators: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...images,
  ...linear,
  ...structure,
};
