import { isHostArray, type GraphNode, type TensorGraph } from "./tensor-graph.js";

/** The ends of an interval. */
type Interval = readonly [low: number, high: number];

/** How the range of an image's values is known. */
export interface KnownRange {
  readonly range: Interval;
  /** By a clip alone: values need not reach its ends. */
  readonly clipped: boolean;
}

/**
 * The range of the image's values as the last operators determine it: [-1, 1] after tanh, [0, 1] after a sigmoid, the bounds
 * of a clip, each followed through changes by a fixed factor or term, and 0 to 255 for 8-bit numbers. Undefined where
 * that is none of the ranges that images have, [-1, 1], [0, 1] and [0, 255]: then somebody has to say it.
 */
export function rangeOf(graph: TensorGraph): KnownRange | undefined {
  if (graph.bytes) return { range: [0, 255], clipped: false };
  const makers = new Map<string, GraphNode>();
  for (const node of graph.nodes) for (const name of node.outputs) makers.set(name, node);
  const found = new Finder(graph, makers).of(graph.output, 0);
  const range = USUAL.find(([low, high]) => close(low, found?.range[0]) && close(high, found?.range[1]));
  return found === undefined || range === undefined ? undefined : { range, clipped: found.clipped };
}

const USUAL: readonly Interval[] = [
  [-1, 1],
  [0, 1],
  [0, 255],
];

/** Bounds in the file are numbers of single or half precision. */
function close(wanted: number, found: number | undefined): boolean {
  return found !== undefined && Math.abs(wanted - found) <= 1e-3 * Math.max(1, Math.abs(wanted));
}

/** How far back is looked: generators end in a few operators. */
const DEEPEST = 32;

class Finder {
  constructor(
    private readonly graph: TensorGraph,
    private readonly makers: ReadonlyMap<string, GraphNode>,
  ) {}

  of(name: string, depth: number): KnownRange | undefined {
    const node = this.makers.get(name);
    if (node === undefined || depth > DEEPEST) return undefined;
    const [first = "", second = "", third = ""] = node.inputs;
    const before = (): KnownRange | undefined => this.of(first, depth + 1);
    if (MOVING.has(node.op)) return before();
    switch (node.op) {
      case "Tanh":
      case "Softsign":
        return { range: [-1, 1], clipped: false };
      case "Sigmoid":
      case "HardSigmoid":
        return { range: [0, 1], clipped: false };
      case "Clip":
      case "ClipByValue":
        return clip(
          before(),
          this.#bound(node, second, "min", -Infinity),
          this.#bound(node, third, "max", Infinity),
        );
      case "Max":
      case "Maximum":
      case "Min":
      case "Minimum": {
        const [value, bound] = this.#split(first, second);
        if (value === undefined || bound === undefined || node.inputs.length !== 2) return undefined;
        const below = node.op.startsWith("Max");
        return clip(this.of(value, depth + 1), below ? bound : -Infinity, below ? Infinity : bound);
      }
      case "Add":
      case "AddV2":
      case "Mul": {
        const [value, by] = this.#split(first, second);
        if (value === undefined || by === undefined) return undefined;
        return mapped(this.of(value, depth + 1), node.op === "Mul" ? x => x * by : x => x + by);
      }
      case "Sub":
      case "Div":
      case "RealDiv": {
        const [left, right] = [this.#number(first), this.#number(second)];
        if (right !== undefined) return mapped(before(), node.op === "Sub" ? x => x - right : x => x / right);
        return left === undefined || node.op !== "Sub"
          ? undefined
          : mapped(this.of(second, depth + 1), x => left - x);
      }
      case "Neg":
        return mapped(before(), x => -x);
      default:
        return undefined;
    }
  }

  /** A bound that is an input, or an attribute as in older files. NaN: it is there and not known. */
  #bound({ attributes }: GraphNode, input: string, attribute: string, none: number): number {
    if (input !== "") return this.#number(input) ?? NaN;
    const value = attributes.get(attribute);
    return typeof value === "number" ? value : none;
  }

  /** The one that is worked out and the one that is a number. */
  #split(a: string, b: string): readonly [value: string | undefined, number: number | undefined] {
    const [left, right] = [this.#number(a), this.#number(b)];
    return left === undefined ? [a, right] : [right === undefined ? b : undefined, left];
  }

  /** A constant that is one number, however it was put into the file. */
  #number(name: string, depth = 0): number | undefined {
    const array = this.graph.constants.get(name);
    if (isHostArray(array)) return array.data.length === 1 ? array.data[0] : undefined;
    const node = this.makers.get(name);
    if (node === undefined || depth > DEEPEST) return undefined;
    if (node.op === "Cast" || node.op === "Identity") return this.#number(node.inputs[0] ?? "", depth + 1);
    if (node.op !== "Constant") return undefined;
    const [value] = [...node.attributes.values()].flat();
    if (isHostArray(value)) return value.data.length === 1 ? value.data[0] : undefined;
    return typeof value === "number" ? value : undefined;
  }
}

function clip(before: KnownRange | undefined, low: number, high: number): KnownRange | undefined {
  const [from, to] = before?.range ?? [-Infinity, Infinity];
  const range: Interval = [Math.max(low, from), Math.min(high, to)];
  // What a tanh or a sigmoid gives has its range, if the clip cuts nothing off.
  const cuts = before === undefined || range[0] !== from || range[1] !== to;
  return { range, clipped: cuts || before.clipped };
}

function mapped(before: KnownRange | undefined, f: (x: number) => number): KnownRange | undefined {
  if (before === undefined) return undefined;
  const [a, b] = before.range.map(f);
  if (a === undefined || b === undefined) return undefined;
  return { ...before, range: [Math.min(a, b), Math.max(a, b)] };
}

/** Operators of either dialect that put numbers elsewhere, or average some, and leave their range as it is. */
const MOVING: ReadonlySet<string> = new Set([
  ...["Identity", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "ExpandDims", "Slice"],
  ...["StridedSlice", "Cast", "Tile", "Expand", "Dropout", "AveragePool", "AvgPool", "DepthToSpace"],
]);
