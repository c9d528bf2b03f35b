/** The tables of operators by dialect: on tensors, and on numbers in main memory. */
import type { Call, Value } from "./call.js";
import type { HostCall } from "./node-call.js";
import { onnxOperators } from "./onnx/operators.js";
import { onnxHostOperators } from "./onnx/host-operators.js";
import { tensorflowHostOperators } from "./tensorflow/host-operators.js";
import { tensorflowOperators } from "./tensorflow/operators.js";
import type { HostArray, TensorGraph } from "./types.js";

/** The values of a node's outputs, in order. */
export type Operator = (call: Call) => Value | readonly Value[];
export type HostOperator = (call: HostCall) => HostArray | readonly HostArray[];

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
