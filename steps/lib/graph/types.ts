/**
 * A stranger's model as data: a graph of operators that maps one latent to one image. ONNX files, TensorFlow.js graph
 * models and layers models are all read into this, checked once (`check.ts`) and run by one interpreter
 * (`interpret.ts`) over a table of operators, `onnx/` or `tensorflow/`.
 * Does not: hold control flow, strings, sequences or sub-graphs; a model that needs them is refused by its reader.
 */
export interface TensorGraph {
  /** Whose operators these are. */
  readonly dialect: "onnx" | "tensorflow";
  /** ONNX: the version of its operator set, which some operators' meaning depends on. */
  readonly opset: number;
  readonly input: GraphInput;
  /** The name of the value that is the image. */
  readonly output: string;
  /** Numbers that stand in the file, by the name of the value. */
  readonly constants: ReadonlyMap<string, HostArray>;
  readonly nodes: readonly GraphNode[];
}

export interface GraphInput {
  readonly name: string;
  /** Sizes as the file declares them, the batch axis first; -1: open. */
  readonly shape: readonly number[];
}

/** One call of an operator. Names of values are text; an empty one stands for an input that is not given. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export type Attribute = number | string | boolean | readonly number[] | readonly string[] | HostArray;

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
