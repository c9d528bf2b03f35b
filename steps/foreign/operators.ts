/** The tables of operators by dialect: on tensors, and on numbers in main memory. */
import type { Operator } from "./call.js";
import type { HostOperator } from "./node-call.js";
import { onnxOperators } from "./onnx/onnx-operators.js";
import { onnxHostOperators } from "./onnx/host-operators.js";
import { tensorflowHostOperators } from "./tensorflow/tf-host-operators.js";
import { tensorflowOperators } from "./tensorflow/tf-operators.js";
import type { TensorGraph } from "./tensor-graph.js";

type Dialect = TensorGraph["dialect"];

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

const onTensors = { onnx: onnxOperators, tensorflow: tensorflowOperators };
const onNumbers = { onnx: onnxHostOperators, tensorflow: tensorflowHostOperators };

function lookUp<T>(table: Readonly<Record<string, T>>, op: string): T | undefined {
  return Object.hasOwn(table, op) ? table[op] : undefined;
}
