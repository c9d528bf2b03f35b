/**
 * A stranger's model as data: a graph of operators that maps a latent, and perhaps a class, to an image. ONNX files,
 * TensorFlow.js graph models and layers models are all read into this, checked once (`check.ts`) and run by one
 * interpreter (`interpret.ts`) over a table of operators, `onnx/` or `tensorflow/`.
 * Does not: hold control flow, strings, sequences or sub-graphs. `Unreadable` stands in for what the table cannot
 * take, because onnxruntime may be able to run the file as it is.
 */
export interface TensorGraph {
  /** Whose operators these are. */
  readonly dialect: "onnx" | "tensorflow";
  /** ONNX: the version of its operator set, which some operators' meaning depends on. */
  readonly opset: number;
  /** All that has to be given, in the file's order. */
  readonly inputs: readonly GraphInput[];
  /** The name of the value that is the image. */
  readonly output: string;
  /** Whether the image is of 8-bit numbers, 0 to 255. */
  readonly bytes: boolean;
  /** Numbers that stand in the file, by the name of the value. */
  readonly constants: ReadonlyMap<string, HostArray | Unreadable>;
  readonly nodes: readonly GraphNode[];
  /** Why the table cannot run the file, whatever its nodes are. */
  readonly unreadable?: Unreadable;
}

export interface GraphInput {
  readonly name: string;
  /** Sizes as the file declares them, the batch axis first; -1: open. */
  readonly shape: readonly number[];
  readonly type: InputType;
}

export const INPUT_TYPES = ["float32", "float16", "float64", "int32", "int64"] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** A part of a file that the table of operators cannot take, and why. */
export class Unreadable {
  constructor(readonly why: string) {}
}

/** One call of an operator. Names of values are text; an empty one stands for an input that is not given. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export type Attribute =
  (number | string | boolean) | readonly number[] | readonly string[] | HostArray | Unreadable;

/** Numbers in main memory, row-major: weights, shapes, indices. Whole numbers beyond 2^53 are rounded. */
export interface HostArray {
  readonly type: "float32" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** The most numbers that one tensor may have: what a model asks for beyond this is a mistake or an attack. */
export const MAX_ELEMENTS = 2 ** 28;
/** The most nodes: the largest published generators have some thousands. */
export const MAX_NODES = 50_000;

export function isHostArray(value: unknown): value is HostArray {
  return typeof value === "object" && value !== null && "data" in value;
}
