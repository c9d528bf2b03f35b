import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  DATA_TYPE,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  readModel,
  type ValueInfo,
} from "../../formats/onnx/index.js";
import { nodeText } from "../check.js";
import {
  type Attribute,
  type GraphInput,
  type GraphNode,
  type HostArray,
  INPUT_TYPES,
  type InputType,
  type TensorGraph,
  Unreadable,
} from "../tensor-graph.js";
import { checkExternal, type ExternalFiles, readTensor } from "./onnx-tensor.js";

/**
 * An ONNX file of a generator as a graph. Checks what the file claims against the bytes that are there before anything
 * of that size is made. Throws an Error that says what is wrong; the caller names the file.
 * `output`: the name of the one that is the image, for models with several. `files`: those that its weights may lie in.
 */
export function readOnnxGraph(
  bytes: Uint8Array,
  output?: string,
  files: ExternalFiles = new Map(),
): TensorGraph {
  const model = parse(bytes);
  const { graph } = model;
  if (graph === undefined) throw new Error("it is no ONNX model: it holds no graph");
  if (graph.sparseInitializer.length > 0) throw new Error("it has sparse weights, which are not supported");
  checkExternal(model, files);
  refuseRandom(graph);
  const constants = new Map<string, HostArray | Unreadable>();
  for (const tensor of graph.initializer) {
    const name = tensor.name ?? "";
    if (constants.has(name)) throw new Error(`it holds the weight '${name}' twice`);
    constants.set(name, readTensor(tensor, `the weight '${name}'`, files));
  }
  const { version, unreadable } = opsetOf(model);
  return {
    dialect: "onnx",
    opset: version,
    inputs: inputsOf(graph, constants),
    ...outputOf(graph, output),
    constants,
    nodes: graph.node.map(node => readNode(node, files)),
    ...(unreadable !== undefined && { unreadable: new Unreadable(unreadable) }),
  };
}

/** Operators that draw numbers when the model runs: its images would differ from run to run. */
const RANDOM: ReadonlySet<string> = new Set([
  ...["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"],
]);

function refuseRandom({ node }: GraphProto): void {
  const drawing = node.find(({ opType = "" }) => RANDOM.has(opType));
  if (drawing !== undefined)
    throw new Error(
      `it draws random numbers by itself (${nodeText({ op: drawing.opType ?? "", name: drawing.name ?? "" })}), so the ` +
        "same latent gives other images each time: export it with its noise as a constant or as an input",
    );
  for (const { attribute } of node) for (const { g } of attribute) if (g !== undefined) refuseRandom(g);
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return readModel(bytes);
  } catch (error) {
    const why = error instanceof RangeError ? "cut short or damaged" : "damaged";
    throw new Error(`it is no ONNX model, or it is ${why} (${(error as Error).message})`, { cause: error });
  }
}

/** The version of ONNX's operators, and what keeps the table from running the file. */
function opsetOf({ opsetImport, functions }: ModelProto): {
  readonly version: number;
  readonly unreadable?: string;
} {
  const version = opsetImport.find(({ domain = "" }) => isOnnx(domain))?.version;
  if (version === undefined) throw new Error("it does not say which version of ONNX's operators it uses");
  const [own] = functions;
  if (own !== undefined) return { version, unreadable: `it has functions of its own ('${own.name ?? ""}')` };
  if (version >= 7 && version <= 22) return { version };
  return {
    version,
    unreadable: `it uses version ${version} of ONNX's operators; versions 7 to 22 are supported`,
  };
}

/** The inputs that are no weights (before version 4 of the format, weights were listed as inputs too). */
function inputsOf(graph: GraphProto, constants: ReadonlyMap<string, unknown>): GraphInput[] {
  const inputs = graph.input.filter(({ name }) => !constants.has(name ?? ""));
  if (inputs.length === 0) throw new Error("it has no input");
  return inputs.map(({ name = "", type }) => {
    const { tensorType } = type ?? {};
    if (tensorType === undefined) throw new Error(`its input '${name}' is no tensor`);
    const known = TYPES.get(tensorType.elemType ?? 0);
    if (known === undefined)
      throw new Error(
        `its input '${name}' is of type ${tensorType.elemType ?? "?"}; ${INPUT_TYPES.join(", ")} are supported`,
      );
    const shape = tensorType.shape?.dim.map(({ dimValue }) => (dimValue === undefined ? -1 : dimValue));
    if (shape === undefined) throw new Error(`its input '${name}' has no shape`);
    return { name, shape, type: known };
  });
}

const TYPES: ReadonlyMap<number, InputType> = new Map([
  [DATA_TYPE.float, "float32"],
  [DATA_TYPE.float16, "float16"],
  [DATA_TYPE.double, "float64"],
  [DATA_TYPE.int32, "int32"],
  [DATA_TYPE.int64, "int64"],
]);

function outputOf(
  { output }: GraphProto,
  wanted: string | undefined,
): { readonly output: string; readonly bytes: boolean } {
  const names = output.map(({ name = "" }: ValueInfo) => name);
  const [first] = names;
  if (first === undefined) throw new Error("it has no output");
  if (wanted === undefined && names.length > 1)
    throw new Error(
      `it has ${names.length} outputs; say which is the image: output: ${names.map(name => JSON.stringify(name)).join(" or ")}`,
    );
  if (wanted !== undefined && !names.includes(wanted))
    throw new Error(`it has no output '${wanted}' (it has ${names.map(name => `'${name}'`).join(", ")})`);
  const name = wanted ?? first;
  const type = output.find(value => value.name === name)?.type?.tensorType?.elemType;
  return { output: name, bytes: type === DATA_TYPE.uint8 };
}

function readNode(
  { name = "", opType = "", domain = "", input, output, attribute }: NodeProto,
  files: ExternalFiles,
): GraphNode {
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
      attributes.set(key, readAttribute(given, files));
    } catch (error) {
      throw new Error(`${nodeText(node)}: its attribute '${key}': ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return node;
}

function readAttribute({ type, f, i, s, t, floats, ints }: AttributeProto, files: ExternalFiles): Attribute {
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return f ?? 0;
    case ATTRIBUTE_TYPE.int:
      return i ?? 0;
    case ATTRIBUTE_TYPE.string:
      return Buffer.from(s ?? []).toString("utf8");
    case ATTRIBUTE_TYPE.tensor:
      if (t === undefined) throw new Error("it holds no tensor");
      return readTensor(t, "its tensor", files);
    case ATTRIBUTE_TYPE.floats:
      return floats;
    case ATTRIBUTE_TYPE.ints:
      return ints;
    case ATTRIBUTE_TYPE.graph:
      return new Unreadable("graphs within graphs (branches, loops) are not supported");
    case undefined:
    default:
      return new Unreadable(`the type ${type ?? "?"} is not supported`);
  }
}

function isOnnx(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}
