/** The tables of operators by dialect: on tensors, and on numbers in main memory. */
import type { Operator } from "./call.js";
import type { HostOperator } from "./node-call.js";
import { elementwise as onnxElementwise } from "./onnx/elementwise.js";
import { onnxHostOperators } from "./onnx/host-operators.js";
import { images as onnxImages } from "./onnx/image-operators.js";
import { linear } from "./onnx/linear.js";
import { structure as onnxStructure } from "./onnx/structure.js";
import type { TensorGraph } from "./tensor-graph.js";
import { elementwise } from "./tensorflow/tf-elementwise.js";
import { tensorflowHostOperators } from "./tensorflow/tf-host-operators.js";
import { images } from "./tensorflow/tf-images.js";
import { structure } from "./tensorflow/tf-structure.js";

type Dialect = TensorGraph["dialect"];

const onTensors: Readonly<Record<Dialect, Readonly<Record<string, Operator>>>> = {
  onnx: { ...onnxElementwise, ...onnxImages, ...linear, ...onnxStructure },
  tensorflow: { ...elementwise, ...images, ...structure },
};
const onNumbers = { onnx: onnxHostOperators, tensorflow: tensorflowHostOperators };

export function operator(dialect: Dialect, op: string): Operator | undefined {
  return lookUp(onTensors[dialect], op);
}

export function hostOperator(dialect: Dialect, op: string): HostOperator | undefined {
  return lookUp(onNumbers[dialect], op);
}

export function isSupported(dialect: Dialect, op: string): boolean {
  return operator(dialect, op) !== undefined || hostOperator(dialect, op) !== undefined;
}

export function supported(dialect: Dialect): string[] {
  return [...new Set([onTensors, onNumbers].flatMap(tables => Object.keys(tables[dialect])))].sort();
}

function lookUp<T>(table: Readonly<Record<string, T>>, op: string): T | undefined {
  return Object.hasOwn(table, op) ? table[op] : undefined;
}
