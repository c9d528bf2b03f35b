/**
 * Runs a graph: one call of an operator after another, in TensorFlow.js operations on whatever engine there is. Pure
 * over tensors, so a run may be part of a step function. Numbers that stay in main memory decide on sizes and never
 * visit the engine.
 */
import type { ProgramTensors, Tensor, TensorFlow } from "../engine/types.js";
import { Call, host, plain, type Setting, type Value } from "./call.js";
import { nodeText } from "./check.js";
import { HostCall } from "./node-call.js";
import { hostOperator, operator } from "./operators.js";
import { isWeight, type PreparedGraph } from "./prepare.js";
import type { GraphNode, TensorGraph } from "./tensor-graph.js";

/** The graph's output for `inputs`, each in the shape that the graph wants. Call it within `tf.tidy`. */
export function interpret(
  { graph, constants }: PreparedGraph,
  tf: TensorFlow,
  weights: ProgramTensors,
  inputs: ProgramTensors,
): Value {
  const setting: Setting = {
    tf,
    weight(name) {
      const tensor = weights[name];
      if (tensor === undefined) throw new Error(`the weight '${name}' is not on the engine`);
      return tensor;
    },
  };
  const values = new Map<string, Value>();
  for (const [name, tensor] of Object.entries(inputs)) values.set(name, plain(tensor));
  for (const [name, array] of constants)
    values.set(name, isWeight(array) ? { ...host(array), weight: name } : host(array));
  const life = new Lifetimes(graph, [...Object.values(inputs), ...Object.values(weights)]);
  for (const node of graph.nodes) {
    const read = node.inputs.map(name => (name === "" ? undefined : values.get(name)));
    for (const [name, value] of evaluate(graph, node, read, setting)) {
      values.set(name, value);
      life.born(value);
    }
    for (const value of new Set(node.inputs.filter(name => life.isLast(name, node))))
      life.dies(values.get(value));
  }
  const output = values.get(graph.output);
  if (output === undefined) throw new Error(`nothing made the output '${graph.output}'`);
  return output;
}

/** The outputs of a node, by name. */
function evaluate(
  graph: TensorGraph,
  node: GraphNode,
  inputs: readonly (Value | undefined)[],
  setting: Setting,
): [string, Value][] {
  try {
    const arrays = inputs.map(value => (value?.kind === "host" ? value.array : undefined));
    const onHost = inputs.every(value => value === undefined || value.kind === "host");
    const byNumbers = onHost ? hostOperator(graph.dialect, node.op) : undefined;
    if (byNumbers !== undefined) {
      const call = new HostCall(node, graph.opset, arrays);
      const made = [byNumbers(call)].flat().map(host);
      call.finish();
      return named(node, made);
    }
    const onEngine = operator(graph.dialect, node.op);
    if (onEngine === undefined)
      throw new Error("it is supported for shapes and sizes alone, and here images go through it");
    const call = new Call(setting, node, graph.opset, inputs);
    let made: readonly Value[] = [];
    // What an operator needs in between is freed with it.
    setting.tf.tidy(() => {
      made = [onEngine(call)].flat();
      return made.flatMap(value => (value.kind === "device" ? value.tensor : []));
    });
    call.finish();
    return named(node, made);
  } catch (error) {
    throw new Error(`${nodeText(node)}: ${(error as Error).message}`, { cause: error });
  }
}

function named(node: GraphNode, made: readonly Value[]): [string, Value][] {
  return node.outputs.flatMap((name, i): [string, Value][] => {
    const value = made[i];
    if (name === "") return [];
    if (value === undefined) throw new Error(`its output ${i} ('${name}') is not supported`);
    return [[name, value]];
  });
}

/** Frees each tensor after its last reader: a batch then needs the memory of two layers and not of all. */
class Lifetimes {
  readonly #last = new Map<string, GraphNode>();
  readonly #names = new Map<Tensor, number>();

  constructor(
    graph: TensorGraph,
    private readonly kept: readonly Tensor[],
  ) {
    for (const node of graph.nodes) for (const name of node.inputs) this.#last.set(name, node);
    this.#last.delete(graph.output);
  }

  isLast(name: string, node: GraphNode): boolean {
    return this.#last.get(name) === node;
  }

  /** One more value is this tensor: an operator may hand its input on. */
  born(value: Value): void {
    if (value.kind === "device") this.#names.set(value.tensor, (this.#names.get(value.tensor) ?? 0) + 1);
  }

  dies(value: Value | undefined): void {
    if (value?.kind !== "device") return;
    const left = (this.#names.get(value.tensor) ?? 0) - 1;
    this.#names.set(value.tensor, left);
    if (left === 0 && !this.kept.includes(value.tensor)) value.tensor.dispose();
  }
}
