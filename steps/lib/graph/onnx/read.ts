import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  readModel,
  type ValueInfo,
} from "../../onnx/index.js";
import { nodeText } from "../check.js";
import type { Attribute, GraphInput, GraphNode, HostArray, TensorGraph } from "../types.js";
import { readTensor } from "./tensor.js";

/**
 * An ONNX file of a generator as a graph. Checks what the file claims against the bytes that are there before anything
 * of that size is made. Throws an Error that says what is wrong; the caller names the file.
 * `output`: the name of the one that is the image, for models with several.
 */
export function readOnnxGraph(bytes: Uint8Array, output?: string): TensorGraph {
  const model = parse(bytes);
  const { graph } = model;
  if (graph === undefined) throw new Error("it is no ONNX model: it holds no graph");
  if (model.functions.length > 0)
    throw new Error(
      `it has functions of its own ('${model.functions[0]?.name ?? ""}'); export it without them`,
    );
  if (graph.sparseInitializer.length > 0) throw new Error("it has sparse weights, which are not supported");
  const constants = new Map<string, HostArray>();
  for (const tensor of graph.initializer) {
    const name = tensor.name ?? "";
    if (constants.has(name)) throw new Error(`it holds the weight '${name}' twice`);
    constants.set(name, readTensor(tensor, `the weight '${name}'`));
  }
  return {
    dialect: "onnx",
    opset: opsetOf(model),
    input: inputOf(graph, constants),
    output: outputOf(graph, output),
    constants,
    nodes: graph.node.map(readNode),
  };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return readModel(bytes);
  } catch (error) {
    const why = error instanceof RangeError ? "cut short or damaged" : "damaged";
    throw new Error(`it is no ONNX model, or it is ${why} (${(error as Error).message})`, { cause: error });
  }
}

function opsetOf({ opsetImport }: ModelProto): number {
  const version = opsetImport.find(({ domain = "" }) => isOnnx(domain))?.version;
  if (version === undefined) throw new Error("it does not say which version of ONNX's operators it uses");
  if (version < 7 || version > 22)
    throw new Error(`it uses version ${version} of ONNX's operators; versions 7 to 22 are supported`);
  return version;
}

/** The one input that is no weight (before version 4 of the format, weights were listed as inputs too). */
function inputOf(graph: GraphProto, constants: ReadonlyMap<string, HostArray>): GraphInput {
  const inputs = graph.input.filter(({ name }) => !constants.has(name ?? ""));
  const [input] = inputs;
  if (input === undefined) throw new Error("it has no input");
  if (inputs.length > 1)
    throw new Error(
      `it has ${inputs.length} inputs (${inputs.map(({ name }) => `'${name ?? ""}'`).join(", ")}); ` +
        "a generator takes the latent alone: export it with the others (a class, a noise) as constants",
    );
  const { tensorType } = input.type ?? {};
  if (tensorType === undefined) throw new Error(`its input '${input.name ?? ""}' is no tensor`);
  if (tensorType.elemType !== 1)
    throw new Error(
      `its input '${input.name ?? ""}' is of type ${tensorType.elemType ?? "?"}, not float32 (1)`,
    );
  const shape = tensorType.shape?.dim.map(({ dimValue }) => (dimValue === undefined ? -1 : dimValue));
  if (shape === undefined) throw new Error(`its input '${input.name ?? ""}' has no shape`);
  return { name: input.name ?? "", shape };
}

function outputOf({ output }: GraphProto, wanted: string | undefined): string {
  const names = output.map(({ name = "" }: ValueInfo) => name);
  const [first] = names;
  if (first === undefined) throw new Error("it has no output");
  if (wanted === undefined && names.length > 1)
    throw new Error(
      `it has ${names.length} outputs; say which is the image: output: ${names.map(name => JSON.stringify(name)).join(" or ")}`,
    );
  if (wanted !== undefined && !names.includes(wanted))
    throw new Error(`it has no output '${wanted}' (it has ${names.map(name => `'${name}'`).join(", ")})`);
  return wanted ?? first;
}

function readNode({ name = "", opType = "", domain = "", input, output, attribute }: NodeProto): GraphNode {
  const attributes = new Map<string, Attribute>();
  const node = {
    name,
    op: isOnnx(domain) ? opType : `${domain}.${opType}`,
    inputs: input,
    outputs: output,
    attributes,
  };
  for (const given of attribute) {
    const key = given.name ?? "";
    if (attributes.has(key)) throw new Error(`${nodeText(node)}: it has the attribute '${key}' twice`);
    try {
      attributes.set(key, readAttribute(given));
    } catch (error) {
      throw new Error(`${nodeText(node)}: its attribute '${key}': ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return node;
}

function readAttribute({ type, f, i, s, t, floats, ints }: AttributeProto): Attribute {
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return f ?? 0;
    case ATTRIBUTE_TYPE.int:
      return i ?? 0;
    case ATTRIBUTE_TYPE.string:
      return Buffer.from(s ?? []).toString("utf8");
    case ATTRIBUTE_TYPE.tensor:
      if (t === undefined) throw new Error("it holds no tensor");
      return readTensor(t, "its tensor");
    case ATTRIBUTE_TYPE.floats:
      return floats;
    case ATTRIBUTE_TYPE.ints:
      return ints;
    case ATTRIBUTE_TYPE.graph:
      throw new Error("graphs within graphs (branches, loops) are not supported");
    case undefined:
    default:
      throw new Error(`the type ${type ?? "?"} is not supported`);
  }
}

function isOnnx(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}
