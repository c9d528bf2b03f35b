import type { Json, JsonObject } from "../../../runner/step-api.js";
import { hostInts } from "../host.js";
import type { Attribute, GraphInput, GraphNode, HostArray } from "../tensor-graph.js";

/** Collects the operators that layers are translated to. Shapes are followed, because some layers depend on them. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly constants: Map<string, HostArray>;
  readonly #shapes = new Map<string, readonly number[]>();

  constructor(
    private readonly weights: ReadonlyMap<string, HostArray>,
    /** Whether the file was written by TensorFlow.js and not by Keras. */
    readonly own: boolean,
  ) {
    this.constants = new Map(weights);
  }

  /** The latent; its shape without the batch. */
  begin({ name, shape }: GraphInput): string {
    this.#shapes.set(name, shape.slice(1));
    return name;
  }

  layer(name: string, config: JsonObject): LayerBuilder {
    return new LayerBuilder(this, name, config);
  }

  /** The shape of a value, without the batch. */
  shapeOf(value: string): readonly number[] {
    return this.#shapes.get(value) ?? [];
  }

  add(node: GraphNode, shape: readonly number[]): string {
    const [name = ""] = node.outputs;
    this.nodes.push(node);
    this.#shapes.set(name, shape);
    return name;
  }

  /** `layer/weight`, below whatever scope the file put it in. */
  weight(layer: string, weight: string): string | undefined {
    const name = `${layer}/${weight}`;
    if (this.weights.has(name)) return name;
    const below = [...this.weights.keys()].filter(key => key.endsWith(`/${name}`));
    if (below.length > 1) throw new Error(`several weights are called '${name}': ${below.join(", ")}`);
    return below[0];
  }
}

/** A layer on its way to operators: its options, its weights, the operators it adds. */
export class LayerBuilder {
  #count = 0;

  constructor(
    private readonly graph: GraphBuilder,
    readonly name: string,
    private readonly config: JsonObject,
  ) {}

  /** Whether the file was written by TensorFlow.js and not by Keras. */
  get own(): boolean {
    return this.graph.own;
  }

  shapeOf(value: string): readonly number[] {
    return this.graph.shapeOf(value);
  }

  /** An image's [height, width, channels]. */
  imageOf(value: string): readonly [number, number, number] {
    const [h, w, c, ...more] = this.shapeOf(value);
    if (h === undefined || w === undefined || c === undefined || more.length > 0)
      throw new Error(`it takes images [H, W, C], its input is [${this.shapeOf(value).join(", ")}]`);
    return [h, w, c];
  }

  /** Adds an operator; `shape`: of its result, without the batch. */
  op(
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = `${this.name} ${++this.#count}`;
    const node = {
      name: this.name,
      op,
      inputs,
      outputs: [name],
      attributes: new Map(Object.entries(attributes)),
    };
    return this.graph.add(node, shape);
  }

  /** Whole numbers as a constant. */
  ints(values: readonly number[], shape?: readonly number[]): string {
    return this.constant(hostInts(values, shape));
  }

  constant(array: HostArray): string {
    const name = `${this.name} constant ${++this.#count}`;
    this.graph.constants.set(name, array);
    return name;
  }

  weight(weight: string): string {
    const found = this.graph.weight(this.name, weight);
    if (found === undefined) throw new Error(`its weight '${this.name}/${weight}' is missing`);
    return found;
  }

  has(weight: string): boolean {
    return this.graph.weight(this.name, weight) !== undefined;
  }

  shapeOfWeight(weight: string): readonly number[] {
    return this.graph.constants.get(this.weight(weight))?.shape ?? [];
  }

  option(name: string): Json | undefined {
    return this.config[name] ?? undefined;
  }

  text(name: string, fallback: string): string {
    const value = this.option(name) ?? fallback;
    if (typeof value !== "string") throw new Error(`its option ${name} must be a text`);
    return value;
  }

  number(name: string, fallback: number): number {
    const value = this.option(name) ?? fallback;
    if (typeof value !== "number") throw new Error(`its option ${name} must be a number`);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.option(name) ?? fallback;
    if (typeof value !== "boolean") throw new Error(`its option ${name} must be true or false`);
    return value;
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.option(name);
    if (value === undefined) return undefined;
    const list = (Array.isArray(value) ? value : [value]) as readonly Json[];
    if (!list.every(n => typeof n === "number")) throw new Error(`its option ${name} must be numbers`);
    return list;
  }

  /** Two numbers, which Keras lets one stand for. */
  pair(name: string, fallback?: number): readonly [number, number] {
    const [a, b = a] = this.numbers(name) ?? (fallback === undefined ? [] : [fallback]);
    if (a === undefined || b === undefined) throw new Error(`its option ${name} is missing`);
    return [a, b];
  }

  /** Refuses any value but that one. */
  only(name: string, supported: Json): void {
    const value = this.option(name) ?? supported;
    if (JSON.stringify(value) !== JSON.stringify(supported))
      throw new Error(
        `its option ${name} is ${JSON.stringify(value)}; ${JSON.stringify(supported)} alone is supported`,
      );
  }
}
