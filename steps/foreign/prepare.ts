import type { ProgramArray, ProgramArrays } from "../engine/types.js";
import { FILTER_ORDER, filterName } from "./call.js";
import { nodeText, ordered } from "./check.js";
import { transposed } from "./host.js";
import { HostCall } from "./node-call.js";
import { hostOperator, isSupported, supported } from "./operators.js";
import { type GraphNode, type HostArray, type TensorGraph, Unreadable } from "./tensor-graph.js";

/** A graph that was checked, with its constants folded. */
export interface PreparedGraph {
  readonly graph: TensorGraph;
  /** Numbers that nodes read. */
  readonly constants: ReadonlyMap<string, HostArray>;
  /** The constants that images are computed with, by name. */
  readonly weights: ProgramArrays;
}

/**
 * Checks the graph's order, that every operator is known and every number finite, and folds constants. Throws an Error
 * that names the node or the weight. Does not: check shapes; the first run does.
 */
export function prepare(
  given: TensorGraph,
  wanted: readonly string[] = given.inputs.slice(0, 1).map(({ name }) => name),
): PreparedGraph {
  if (given.unreadable !== undefined) throw new Error(given.unreadable.why);
  const graph = ordered(given, wanted);
  checkOperators(graph);
  const constants = readable(graph);
  const budget = { left: MAX_FOLDED };
  const nodes = graph.nodes.filter(node => !fold(graph, node, constants, budget));
  const read = new Set([...nodes.flatMap(node => node.inputs), graph.output]);
  for (const name of constants.keys()) if (!read.has(name)) constants.delete(name);
  const folded = { ...graph, nodes };
  return { graph: folded, constants, weights: weightsOf(folded, constants) };
}

/** The constants that nodes read. Throws at one that the table cannot take. */
function readable({ nodes, constants, output }: TensorGraph): Map<string, HostArray> {
  const read = new Set([...nodes.flatMap(node => node.inputs), output]);
  const found = new Map<string, HostArray>();
  for (const [name, array] of constants) {
    if (!read.has(name)) continue;
    if (array instanceof Unreadable) throw new Error(array.why);
    found.set(name, array);
  }
  return found;
}

/** Single numbers stay in main memory: as part of the program they cost nothing. */
export function isWeight({ type, data }: HostArray): boolean {
  return type === "float32" && data.length > 1;
}

/** The most numbers that folding may make. */
const MAX_FOLDED = 2 ** 26;

function checkOperators({ dialect, nodes }: TensorGraph): void {
  const unknown = nodes.filter(({ op }) => !isSupported(dialect, op));
  const [first] = unknown;
  if (first === undefined) return;
  const names = [...new Set(unknown.map(({ op }) => op))];
  throw new Error(
    `unknown operator ${names.join(", ")} (first at ${nodeText(first)}). ` +
      `Export the model without it. Known: ${supported(dialect).join(", ")}`,
  );
}

/** Computes the node, if all that it reads is known and it is one of those that can be; its outputs become constants. */
function fold(
  graph: TensorGraph,
  node: GraphNode,
  constants: Map<string, HostArray>,
  budget: { left: number },
): boolean {
  const operator = hostOperator(graph.dialect, node.op);
  const inputs = node.inputs.map(name => constants.get(name));
  if (operator === undefined || inputs.some((array, i) => array === undefined && node.inputs[i] !== ""))
    return false;
  try {
    const call = new HostCall(node, graph.opset, inputs);
    const made = [operator(call)].flat();
    call.finish();
    for (const [i, name] of node.outputs.entries()) {
      const array = made[i];
      if (name === "") continue;
      if (array === undefined) throw new Error(`its output ${i} ('${name}') is not supported`);
      budget.left -= array.data.length;
      if (budget.left < 0)
        throw new Error(`constants made of constants have more than ${MAX_FOLDED} numbers`);
      constants.set(name, array);
    }
    return true;
  } catch (error) {
    throw new Error(`${nodeText(node)}: ${(error as Error).message}`, { cause: error });
  }
}

function weightsOf(
  { dialect, nodes }: TensorGraph,
  constants: ReadonlyMap<string, HostArray>,
): ProgramArrays {
  const weights: Record<string, ProgramArray> = {};
  const add = (name: string, { shape, data }: HostArray): void => {
    if (data instanceof Float32Array) weights[name] = { shape, data };
  };
  for (const [name, array] of constants)
    // A single infinite number may be a bound that is none (Clip), a mask's value.
    if (array.data.some(isWeight(array) ? value => !Number.isFinite(value) : Number.isNaN))
      throw new Error(`the weight '${name}' holds NaN or infinite numbers: its training went wrong`);
  for (const node of nodes)
    for (const [i, name] of node.inputs.entries()) {
      const array = constants.get(name);
      if (array === undefined || !isWeight(array)) continue;
      if (dialect === "onnx" && i === 1 && FILTERS.has(node.op) && array.shape.length === 4)
        add(filterName(name), transposed(array, FILTER_ORDER));
      else add(name, array);
    }
  return weights;
}

const FILTERS: ReadonlySet<string> = new Set(["Conv", "ConvTranspose"]);
