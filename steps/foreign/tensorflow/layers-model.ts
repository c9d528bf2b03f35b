import type { Json, JsonObject } from "../../../runner/step-api.js";
import { isJsonObject } from "../../formats/json.js";
import type { GraphInput, GraphNode, HostArray, TensorGraph } from "../tensor-graph.js";
import { GraphBuilder } from "./layers-builder.js";
import { layers } from "./keras-layers.js";

/**
 * A TensorFlow.js (or Keras) layers model, sequential or functional, as TensorFlow's operators. Layers are translated
 * by a table; one that is not in it is refused by name, so a Lambda layer's code is never looked at.
 */
export function readLayersModel(
  topology: JsonObject,
  constants: ReadonlyMap<string, HostArray>,
  /** Written by TensorFlow.js itself, whose layers differ from Keras's in places. */
  own = false,
): TensorGraph {
  const model = isJsonObject(topology["model_config"]) ? topology["model_config"] : topology;
  const { class_name: kind, config } = model;
  const list = Array.isArray(config) ? config : isJsonObject(config) ? config["layers"] : undefined;
  if (!Array.isArray(list)) throw new Error("its modelTopology has neither nodes nor layers");
  const described = (list as readonly Json[]).map(readLayer);
  const builder = new GraphBuilder(constants, own);
  if (kind === "Sequential") return sequential(described, builder);
  if ((kind === "Functional" || kind === "Model") && isJsonObject(config))
    return functional(described, config, builder);
  throw new Error(`it is a ${JSON.stringify(kind)}; Sequential and Functional models are supported`);
}

interface Layer {
  readonly kind: string;
  readonly name: string;
  readonly config: JsonObject;
  /** Names of the layers that it reads, in a functional model. */
  readonly inbound: readonly string[];
}

function readLayer(json: Json): Layer {
  const { class_name: kind, config, inbound_nodes: nodes } = isJsonObject(json) ? json : {};
  if (typeof kind !== "string" || !isJsonObject(config))
    throw new Error("a layer has no class_name or config");
  const name = config["name"];
  if (typeof name !== "string") throw new Error(`a ${kind} layer has no name`);
  return { kind, name, config, inbound: inboundOf(nodes, name) };
}

/** [[["dense", 0, 0, {}], ...]]: one use of the layer, which reads the layers named. */
function inboundOf(nodes: Json | undefined, name: string): string[] {
  if (!Array.isArray(nodes)) return [];
  const [use, ...more] = nodes as readonly Json[];
  if (more.length > 0)
    throw new Error(`the layer '${name}' is used ${nodes.length} times; once is supported`);
  if (use === undefined) return [];
  if (isJsonObject(use)) return tensorsOf(use["args"], use["kwargs"]);
  if (!Array.isArray(use))
    throw new Error(`the layer '${name}': its inbound_nodes are of a form that is not supported`);
  return (use as readonly Json[]).map(from => {
    const [layer] = Array.isArray(from) ? (from as readonly Json[]) : [];
    if (typeof layer !== "string") throw new Error(`the layer '${name}': its inbound_nodes name no layer`);
    return layer;
  });
}

/** Keras 3: { args: [tensor, ...], kwargs: {...} }, where a tensor says which layer made it. */
function tensorsOf(...values: readonly (Json | undefined)[]): string[] {
  return values.flatMap(value => {
    if (Array.isArray(value)) return tensorsOf(...(value as readonly Json[]));
    if (!isJsonObject(value)) return [];
    const { class_name: kind, config } = value;
    if (kind !== "__keras_tensor__" || !isJsonObject(config)) return tensorsOf(...Object.values(value));
    const history = config["keras_history"];
    const [layer] = Array.isArray(history) ? (history as readonly Json[]) : [];
    return typeof layer === "string" ? [layer] : [];
  });
}

function sequential(list: readonly Layer[], builder: GraphBuilder): TensorGraph {
  const [first] = list;
  if (first === undefined) throw new Error("it has no layers");
  const input = inputOf(first, "latent");
  const body = first.kind === "InputLayer" ? list.slice(1) : list;
  let value = builder.begin(input);
  for (const layer of body) value = translate(layer, [value], builder);
  return finish(builder, [input], value);
}

function functional(list: readonly Layer[], config: JsonObject, builder: GraphBuilder): TensorGraph {
  const inputs = list.filter(({ kind }) => kind === "InputLayer");
  if (inputs.length === 0) throw new Error("it has no input");
  const given = inputs.map(layer => inputOf(layer, layer.name));
  const made = new Map(given.map(input => [input.name, builder.begin(input)]));
  // Files list a layer after those it reads.
  for (const layer of list) {
    if (layer.kind === "InputLayer") continue;
    const from = layer.inbound.map(name => {
      const value = made.get(name);
      if (value === undefined)
        throw new Error(`the layer '${layer.name}' reads '${name}', which does not come before it`);
      return value;
    });
    if (made.has(layer.name)) throw new Error(`it has two layers '${layer.name}'`);
    made.set(layer.name, translate(layer, from, builder));
  }
  const [output, ...more] = outputLayers(config["output_layers"]);
  if (output === undefined || more.length > 0)
    throw new Error(`it has ${more.length + (output === undefined ? 0 : 1)} outputs; one is supported`);
  const value = made.get(output);
  if (value === undefined) throw new Error(`its output '${output}' is no layer`);
  return finish(builder, given, value);
}

/** [["tanh", 0, 0]], or ["tanh", 0, 0] as newer files have it. */
function outputLayers(json: Json | undefined): string[] {
  if (!Array.isArray(json)) return [];
  if (typeof json[0] === "string") return [json[0]];
  return (json as readonly Json[]).flatMap(entry => {
    const [name] = Array.isArray(entry) ? (entry as readonly Json[]) : [];
    return typeof name === "string" ? [name] : [];
  });
}

function translate(layer: Layer, from: readonly string[], builder: GraphBuilder): string {
  const make = Object.hasOwn(layers, layer.kind) ? layers[layer.kind] : undefined;
  if (make === undefined)
    throw new Error(
      `unknown layer ${layer.kind} ('${layer.name}'). Known: ${Object.keys(layers).sort().join(", ")}`,
    );
  try {
    return make(builder.layer(layer.name, layer.config), from);
  } catch (error) {
    throw new Error(`${layer.kind} '${layer.name}': ${(error as Error).message}`, { cause: error });
  }
}

function inputOf({ name, config }: Layer, called: string): GraphInput {
  const shape = config["batch_input_shape"] ?? config["batch_shape"];
  if (!Array.isArray(shape)) throw new Error(`the first layer ('${name}') has no batch_input_shape`);
  const sizes = (shape as readonly Json[]).map(size => (typeof size === "number" ? size : -1));
  const type = config["dtype"] === "int32" || config["dtype"] === "int64" ? config["dtype"] : "float32";
  return { name: called, shape: sizes, type };
}

function finish(builder: GraphBuilder, inputs: readonly GraphInput[], output: string): TensorGraph {
  const nodes: readonly GraphNode[] = builder.nodes;
  const { constants } = builder;
  return { dialect: "tensorflow", opset: 1, inputs, output, bytes: false, constants, nodes };
}
