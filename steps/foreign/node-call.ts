/**
 * What an operator reads of its node: attributes, and inputs whose numbers are known. Everything that the file says must
 * be read by the operator or dropped on purpose: an attribute or input that nobody looked at would change the images
 * silently, so `finish` refuses it.
 */
import { type Attribute, type GraphNode, type HostArray, isHostArray, Unreadable } from "./tensor-graph.js";

export abstract class NodeCall<V> {
  readonly #attributes = new Set<string>();
  readonly #inputs = new Set<number>();

  constructor(
    readonly node: GraphNode,
    /** ONNX: the version of its operator set. */
    readonly opset: number,
    private readonly values: readonly (V | undefined)[],
  ) {}

  /** An input whose numbers have to be known: a size, axes, a scale. */
  abstract known(i: number): HostArray;

  get count(): number {
    return this.values.length;
  }

  /** Whether the input is given. */
  has(i: number): boolean {
    return this.values[i] !== undefined;
  }

  value(i: number): V {
    const value = this.values[i];
    if (value === undefined) throw new Error(`its input ${i} is missing`);
    this.#inputs.add(i);
    return value;
  }

  all(): readonly V[] {
    return this.values.map((_, i) => this.value(i));
  }

  numbers(i: number): readonly number[] {
    return [...this.known(i).data];
  }

  /** Whole numbers that older models give as an attribute and newer ones as an input. */
  list(name: string, i: number): readonly number[] | undefined {
    return this.has(i) ? this.numbers(i) : this.node.attributes.has(name) ? this.ints(name) : undefined;
  }

  /** A number that older models give as an attribute and newer ones as an input. */
  scalar(name: string, i: number): number | undefined {
    if (!this.has(i)) return this.node.attributes.has(name) ? this.float(name) : undefined;
    const [value, ...more] = this.numbers(i);
    if (value === undefined || more.length > 0) throw new Error(`its input ${i} must be one number`);
    return value;
  }

  attribute(name: string): Attribute | undefined {
    this.#attributes.add(name);
    const value = this.node.attributes.get(name);
    if (value instanceof Unreadable) throw new Error(`its attribute '${name}': ${value.why}`);
    return value;
  }

  int(name: string, fallback?: number): number {
    const value = this.float(name, fallback);
    if (!Number.isInteger(value)) throw new Error(`its attribute '${name}' must be a whole number`);
    return value;
  }

  float(name: string, fallback?: number): number {
    const value = this.attribute(name) ?? fallback;
    if (typeof value !== "number") throw new Error(`its attribute '${name}' must be a number`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.attribute(name) ?? false;
    if (typeof value === "boolean") return value;
    if (value === 0 || value === 1) return value === 1;
    throw new Error(`its attribute '${name}' must be true or false`);
  }

  text(name: string, fallback?: string): string {
    const value = this.attribute(name) ?? fallback;
    if (typeof value !== "string") throw new Error(`its attribute '${name}' must be a text`);
    return value;
  }

  ints(name: string, fallback?: readonly number[]): readonly number[] {
    const value = this.attribute(name) ?? fallback;
    if (isList(value)) return value;
    throw new Error(`its attribute '${name}' must be a list of whole numbers`);
  }

  array(name: string): HostArray | undefined {
    const value = this.attribute(name);
    if (value === undefined || isHostArray(value)) return value;
    throw new Error(`its attribute '${name}' must be a tensor`);
  }

  /** Attributes that change no image. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#attributes.add(name);
  }

  /** An attribute whose default alone is supported. */
  only(name: string, supported: Attribute): void {
    const value = this.attribute(name) ?? supported;
    if (JSON.stringify(value) !== JSON.stringify(supported))
      throw new Error(
        `its attribute '${name}' is ${JSON.stringify(value)}; ${JSON.stringify(supported)} alone is supported`,
      );
  }

  finish(): void {
    for (const [name, value] of this.node.attributes) {
      if (value instanceof Unreadable) throw new Error(`its attribute '${name}': ${value.why}`);
      if (!this.#attributes.has(name)) throw new Error(`its attribute '${name}' is not supported`);
    }
    for (const [i, value] of this.values.entries())
      if (value !== undefined && !this.#inputs.has(i)) throw new Error(`its input ${i} is not supported`);
  }
}

/** A call whose inputs are all known numbers. */
export class HostCall extends NodeCall<HostArray> {
  known(i: number): HostArray {
    return this.value(i);
  }
}

/** The values of a node's outputs, in order. */
export type HostOperator = (call: HostCall) => HostArray | readonly HostArray[];

/** An axis as a file may write it, -1 for the last, as one of 0 to rank - 1. */
export function axisOf(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(found) || found < 0 || found >= rank)
    throw new Error(`there is no axis ${axis} of ${rank}`);
  return found;
}

function isList(value: Attribute | undefined): value is readonly number[] {
  return Array.isArray(value) && (value as readonly unknown[]).every(n => typeof n === "number");
}
