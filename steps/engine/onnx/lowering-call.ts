import type { TensorFlow } from "../types.js";
import { type Node, Refusal, type Value, type ValueType } from "../trace/index.js";
import type { Builder } from "./graph-builder.js";

/** A value that the model has by now. */
export interface Operand {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ValueType;
}

/** One kernel's form in ONNX: adds operators to `call.b`, and names the values that hold the kernel's outputs. */
export type Lowering = (call: Call) => string | readonly string[];
export type Lowerings = Readonly<Record<string, Lowering>>;

/** A kernel to be lowered. */
export class Call {
  constructor(
    readonly b: Builder,
    readonly tf: TensorFlow,
    private readonly node: Node,
    private readonly nameOf: (value: Value) => string,
  ) {}

  /** An input by the kernel's name for it. */
  input(name: string): Operand {
    const value = this.node.inputs[name];
    if (value === undefined)
      throw new Error(`Internal error: ${this.node.kernel} without its input ${name}.`);
    return this.#operand(value);
  }

  /** The inputs of a kernel that takes a list, in order. */
  get list(): readonly Operand[] {
    return Object.values(this.node.inputs).map(value => this.#operand(value));
  }

  has(name: string): boolean {
    return name in this.node.inputs;
  }

  /** What the kernel declares them to be: `call.attributes as Conv2DAttrs`. */
  get attributes(): unknown {
    return this.node.attributes;
  }

  /** The kernel's only output. */
  get output(): Value {
    const [output] = this.node.outputs;
    if (output === undefined) throw new Error(`Internal error: ${this.node.kernel} has no output.`);
    return output;
  }

  get outputs(): readonly Value[] {
    return this.node.outputs;
  }

  refuse(why: string): never {
    throw new Refusal(this.node.kernel, this.node.origin, why);
  }

  #operand(value: Value): Operand {
    return { name: this.nameOf(value), shape: value.shape, dtype: value.dtype };
  }
}
