import type { Json, JsonObject } from "../../../runner/step-api.js";
import { isJsonObject } from "../../formats/json.js";
import { nodeText } from "../check.js";
import type { Attribute, GraphInput, GraphNode, HostArray, TensorGraph } from "../tensor-graph.js";

/** A TensorFlow.js graph model: a TensorFlow GraphDef as JSON, and its signature. */
export function readGraphModel(
  topology: JsonObject,
  model: JsonObject,
  constants: ReadonlyMap<string, HostArray>,
  wanted?: string,
): TensorGraph {
  const library = topology["library"];
  if (isJsonObject(library) && Array.isArray(library["function"]) && library["function"].length > 0)
    throw new Error("it has functions of its own (loops, branches), which are not supported");
  const nodes: GraphNode[] = [];
  const placeholders: GraphInput[] = [];
  for (const json of topology["node"] as readonly Json[]) {
    const node = readNode(json);
    if (node.op === "Placeholder") placeholders.push({ name: node.name, ...inputOf(json) });
    else if (node.op !== "Const" && node.op !== "NoOp") nodes.push(node);
    else if (node.op === "Const" && !constants.has(node.name))
      throw new Error(`the numbers of ${nodeText(node)} are not among the weights`);
  }
  if (placeholders.length === 0) throw new Error("it has no input");
  return {
    ...{ dialect: "tensorflow", opset: 1, constants },
    inputs: placeholders,
    output: outputOf(model, nodes, wanted),
    bytes: false,
    nodes: nodes.map(node => ({ ...node, outputs: outputNames(node, nodes) })),
  };
}

function readNode(json: Json): GraphNode {
  const { name, op, input, attr } = isJsonObject(json) ? json : {};
  if (typeof name !== "string" || typeof op !== "string") throw new Error("a node has no name or operator");
  const inputs = input === undefined ? [] : Array.isArray(input) ? (input as readonly Json[]) : undefined;
  const node = {
    name,
    op,
    inputs: [] as string[],
    outputs: [name],
    attributes: new Map<string, Attribute>(),
  };
  if (inputs === undefined) throw new Error(`${nodeText(node)}: its inputs are no list`);
  for (const from of inputs) {
    if (typeof from !== "string") throw new Error(`${nodeText(node)}: an input is no name`);
    // ^name: an order of execution, and no value.
    if (!from.startsWith("^")) node.inputs.push(from.replace(/:0$/, ""));
  }
  for (const [key, value] of Object.entries(isJsonObject(attr) ? attr : {})) {
    // The types of tensors follow from the tensors, except where a node changes them.
    const type = isJsonObject(value) && typeof value["type"] === "string" ? value["type"] : undefined;
    if (key.startsWith("_") || key === "TArgs" || (type !== undefined && key !== "DstT")) continue;
    node.attributes.set(key, type ?? attributeOf(value, `${nodeText(node)}: its attribute '${key}'`));
  }
  return node;
}

function attributeOf(value: Json, what: string): Attribute {
  if (!isJsonObject(value)) throw new Error(`${what} is no attribute`);
  const { b, f, i, s, list } = value;
  if (typeof b === "boolean") return b;
  if (typeof f === "number") return f;
  if (typeof i === "number" || typeof i === "string") return wholeNumber(i, what);
  if (typeof s === "string") return text(s);
  if (isJsonObject(list)) {
    if (Array.isArray(list["s"]))
      return (list["s"] as readonly Json[]).map(item => text(typeof item === "string" ? item : ""));
    if (Array.isArray(list["i"])) return (list["i"] as readonly Json[]).map(item => wholeNumber(item, what));
    // An empty list does not say of what.
    return [];
  }
  // A shape or a tensor: operators of generators read none, and one that is not read is refused.
  return JSON.stringify(value);
}

function wholeNumber(value: Json, what: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`${what} is ${JSON.stringify(value)}, no whole number`);
  return number;
}

/** Texts are bytes in base64. */
function text(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function inputOf(json: Json): Pick<GraphInput, "shape" | "type"> {
  const attr = isJsonObject(json) && isJsonObject(json["attr"]) ? json["attr"] : {};
  const type = isJsonObject(attr["dtype"]) ? attr["dtype"]["type"] : undefined;
  const known = type === undefined ? "float32" : TYPES.get(type);
  if (known === undefined)
    throw new Error(`its input is of type ${JSON.stringify(type)}, not DT_FLOAT or DT_INT32`);
  const holder = isJsonObject(attr["shape"]) ? attr["shape"]["shape"] : undefined;
  const dims = isJsonObject(holder) ? holder["dim"] : undefined;
  if (!Array.isArray(dims)) throw new Error("its input has no shape");
  const shape = (dims as readonly Json[]).map(
    dim => Number((isJsonObject(dim) ? dim["size"] : undefined) ?? 0) || -1,
  );
  return { shape, type: known };
}

/** By name or by number. */
const TYPES: ReadonlyMap<unknown, GraphInput["type"]> = new Map<unknown, GraphInput["type"]>([
  ["DT_FLOAT", "float32"],
  [1, "float32"],
  ["DT_INT32", "int32"],
  [3, "int32"],
  ["DT_INT64", "int64"],
  [9, "int64"],
]);

/** The output by its name in the signature or in the graph; the only one, where none is asked for. */
function outputOf(model: JsonObject, nodes: readonly GraphNode[], wanted: string | undefined): string {
  const user = isJsonObject(model["userDefinedMetadata"]) ? model["userDefinedMetadata"] : {};
  const signature = model["signature"] ?? user["signature"];
  const listed =
    isJsonObject(signature) && isJsonObject(signature["outputs"]) ? signature["outputs"] : undefined;
  const read = new Set(nodes.flatMap(node => node.inputs.map(name => name.replace(/:\d+$/, ""))));
  const outputs =
    listed === undefined
      ? nodes.flatMap(({ name }): [string, string][] => (read.has(name) ? [] : [[name, name]]))
      : Object.entries(listed).map(([key, value]): [string, string] => {
          const name = isJsonObject(value) ? value["name"] : undefined;
          return [key, (typeof name === "string" ? name : key).replace(/:0$/, "")];
        });
  const names = outputs.map(([key]) => JSON.stringify(key)).join(" or ");
  const found = outputs.filter(([key, name]) => wanted === undefined || key === wanted || name === wanted);
  const [first, ...more] = found;
  if (outputs.length === 0) throw new Error("it has no output");
  if (first === undefined) throw new Error(`it has no output '${wanted ?? ""}' (it has ${names})`);
  if (more.length > 0)
    throw new Error(`it has ${outputs.length} outputs; say which is the image: output: ${names}`);
  return first[1];
}

/** name, name:1, ... up to the last that a node or the output reads. */
function outputNames({ name, op, attributes }: GraphNode, nodes: readonly GraphNode[]): string[] {
  if (op !== "Split" && op !== "SplitV" && op !== "Unpack") return [name];
  const given = attributes.get(op === "Unpack" ? "num" : "num_split");
  const count = typeof given === "number" ? Math.min(given, nodes.length + 1000) : 1;
  return Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`));
}
