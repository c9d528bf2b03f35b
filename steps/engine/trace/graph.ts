/**
 * A step function as data: the TensorFlow.js kernels that it runs, in order, on values of known shapes. A graph never
 * changes; a pass makes another one. Does not: know what will run it.
 */

export type ValueType = "float32" | "int32" | "bool";

/** What flows between nodes; known by its identity. */
export interface Value {
  readonly shape: readonly number[];
  readonly dtype: ValueType;
  /** The numbers of a constant, row-major, where the trace keeps them; a bool is 0 or 1. */
  readonly data?: ConstantData;
}
export type ConstantData = Float32Array | Int32Array | Uint8Array;

export type Attributes = Readonly<Record<string, unknown>>;

/** One run of a kernel. */
export interface Node {
  /** As TensorFlow.js names it: `Conv2D`. */
  readonly kernel: string;
  /** By the kernel's own names; those of a list are `0`, `1`, ... */
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
  /** Made where the kernel was called: its stack leads to the line of the step function. */
  readonly origin: Error;
}

export interface Graph {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly state: Readonly<Record<string, Value>>;
  /** Each after those whose values it takes. */
  readonly nodes: readonly Node[];
  readonly outputs: Readonly<Record<string, Value>>;
  /** The entries of the state that change. */
  readonly next: Readonly<Record<string, Value>>;
}

/** A kernel that cannot be compiled. The message names it and the line that called it. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(kernel: string, origin: Error, why = "has no compiled form") {
    const line = callerOf(origin);
    super(`${kernel} ${why}${line === undefined ? "" : ` (called at ${line})`}`);
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Code that stands between the step function and its kernels. */
const MACHINERY = /[\\/]steps[\\/]engine[\\/]|[\\/]node_modules[\\/]|\bnode:internal|<anonymous>/;

/** The innermost line of a stack that is neither TensorFlow.js nor the engine: `file:///.../run.js:12:5`. */
function callerOf({ stack = "" }: Error): string | undefined {
  const frames = stack.split("\n").filter(line => /^\s+at /.test(line));
  const frame = frames.find(line => !MACHINERY.test(line));
  return frame === undefined ? undefined : (/\(([^()]+)\)$/.exec(frame)?.[1] ?? frame.replace(/^\s+at /, ""));
}
