import { createRequire } from "node:module";
import type { ValidateFunction } from "ajv/dist/2020.js";
import type { Json } from "../../runner/step-api.js";
import type { ProgramArray, ProgramArrays, Tensor, TensorFlow } from "../engine/types.js";
import { type NdArray, sameShape, shapeText } from "../formats/arrays.js";
import { isJsonObject } from "../formats/json.js";
import { allLayers, builtinLayers } from "./layers/index.js";
import type {
  LayerShapes,
  LayerSpec,
  LayerType,
  LayerTypes,
  Shape,
  Training,
  Weight,
} from "./layers/layer.js";

/** A chain of layers; the shape of its input stands beside it, in model.json. */
export type ModelSpec = {
  readonly layers: readonly LayerSpec[];
  /** The types that the layers are of: vistas's own, unless a kind brings others. */
  readonly types?: LayerTypes;
};

/** Weights by name, `layers.<i>.<name>`. */
export type Weights = ReadonlyMap<string, Tensor>;

/** What a model needs and makes. */
export interface ModelShapes {
  /** `after[i]`: the shape that layer i puts out, without the batch axis. */
  readonly after: readonly Shape[];
  readonly output: Shape;
  /** By name, `layers.<i>.<name>`. */
  readonly weights: ReadonlyMap<string, Weight>;
}

/**
 * Checks a layer list from a file. Throws with the layer's place: `layers[3]: unknown layer "lstm" (known: ...)`.
 * `own`: types beside vistas's.
 */
export function parseModelSpec(value: Json | undefined, name: string, own?: LayerTypes): ModelSpec {
  const layers = isJsonObject(value) ? value["layers"] : undefined;
  if (!Array.isArray(layers) || layers.length === 0)
    throw new Error(`${name}: 'layers' must be a list of layers`);
  const types = own && allLayers(own);
  const parsed = (layers as readonly Json[]).map((layer, i) =>
    parseLayer(layer, `${name}: layers[${i}]`, types ?? builtinLayers),
  );
  return { layers: parsed, ...(types && { types }) };
}

/** One chain of several, each of which takes what the one before puts out. */
export function joined(...specs: readonly ModelSpec[]): ModelSpec {
  const types = specs.find(spec => spec.types)?.types;
  return { layers: specs.flatMap(({ layers }) => layers), ...(types && { types }) };
}

/** Follows `input` through the layers. Throws, naming the layer, where a layer cannot take what comes to it. */
export function modelShapes(spec: ModelSpec, input: Shape): ModelShapes {
  const { after, output, weights } = chainShapes(spec, spec.layers, input, []);
  return {
    after,
    output,
    weights: new Map(Object.entries(weights).map(([name, weight]) => [`layers.${name}`, weight])),
  };
}

/**
 * Runs a model: x [batch, ...input] -> [batch, ...output]. Pure: makes tensors (call it within `tf.tidy`) and
 * changes nothing. Differentiable in x and weights as far as the backend is. In training, batch norm uses the batch's
 * own statistics, and gives new running ones to `training`, by name; without it, it uses those among the weights.
 */
export function forward(
  tf: TensorFlow,
  spec: ModelSpec,
  weights: Weights,
  x: Tensor,
  training?: Training,
): Tensor {
  const chain = (path: string, layers: readonly LayerSpec[], given: Tensor): Tensor =>
    layers.reduce((input, layer, i) => {
      const at = `${path}.${i}`;
      const pass = {
        tf,
        weight: (name: string) => weightOf(weights, `${at}.${name}`),
        ...(training && {
          training: { ...training, update: (name: string, y: Tensor) => training.update(`${at}.${name}`, y) },
        }),
        chain: (name: string, inner: readonly LayerSpec[], y: Tensor) => chain(`${at}.${name}`, inner, y),
      };
      return typeOf(spec, layer).forward(pass, layer, input);
    }, given);
  return chain("layers", spec.layers, x);
}

/** The layer's type. Throws on one that is not known, which `parseModelSpec` has reported before. */
export function typeOf({ types = builtinLayers }: ModelSpec, { type }: LayerSpec): LayerType {
  const found = types[type];
  if (found === undefined) throw new Error(`there is no type of layer '${type}'`);
  return found;
}

/** Checks that exactly the weights that the layers need are there, as float32 of the right shapes. */
export function checkWeights(shapes: ModelShapes, tensors: ReadonlyMap<string, NdArray>, name: string): void {
  for (const [key, { shape }] of shapes.weights) {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new Error(`${name}: the weight '${key}' ${shapeText(shape)} is missing`);
    if (tensor.dtype !== "f4")
      throw new Error(`${name}: the weight '${key}' must be F32, it is ${tensor.dtype}`);
    if (!sameShape(tensor.shape, shape))
      throw new Error(
        `${name}: the weight '${key}' is ${shapeText(tensor.shape)}, the layer list asks for ${shapeText(shape)}`,
      );
  }
  for (const key of tensors.keys())
    if (!shapes.weights.has(key))
      throw new Error(`${name}: the weight '${key}' belongs to no layer of the list`);
}

/** The weights of a file as the state of a program. */
export function weightArrays(tensors: ReadonlyMap<string, NdArray>): ProgramArrays {
  const arrays = [...tensors].map(([name, { shape, data }]): [string, ProgramArray] => {
    if (!(data instanceof Float32Array)) throw new TypeError(`the weight '${name}' must be float32`);
    return [name, { shape, data }];
  });
  return Object.fromEntries(arrays);
}

function weightOf(weights: Weights, name: string): Tensor {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`the weight '${name}' is missing`);
  return weight;
}

/** `then`: what follows the list in the layer that it lies in. */
function chainShapes(
  spec: ModelSpec,
  layers: readonly LayerSpec[],
  input: Shape,
  then: readonly LayerSpec[],
): LayerShapes & { readonly after: readonly Shape[] } {
  const after: Shape[] = [];
  const weights: Record<string, Weight> = {};
  for (const [i, layer] of layers.entries()) {
    const shape = after.at(-1) ?? input;
    const own = shapesAt(spec, layer, shape, `layers[${i}] (${layer.type})`);
    const rectified = isRectified(spec, [...layers.slice(i), ...then]);
    for (const [name, weight] of Object.entries(own.weights)) {
      const { initial } = weight;
      const kernel = typeof initial === "object" && initial.rectified === undefined;
      weights[`${i}.${name}`] = kernel ? { ...weight, initial: { ...initial, rectified } } : weight;
    }
    after.push(own.output);
  }
  return { after, output: after.at(-1) ?? input, weights };
}

function shapesAt(spec: ModelSpec, layer: LayerSpec, input: Shape, at: string): LayerShapes {
  let shapes: LayerShapes;
  try {
    shapes = typeOf(spec, layer).shapes(layer, input, (name, layers, from, then) => {
      const { output, weights } = chainShapes(spec, layers, from, then === undefined ? [] : [then]);
      const named = Object.entries(weights).map(([own, weight]) => [`${name}.${own}`, weight] as const);
      return { output, weights: Object.fromEntries(named) };
    });
  } catch (error) {
    throw new Error(`${at}: ${(error as Error).message}`, { cause: error });
  }
  if (shapes.output.some(size => size < 1))
    throw new Error(
      `${at}: nothing is left of ${shapeText(input)}: it would put out ${shapeText(shapes.output)}`,
    );
  return shapes;
}

/** The first layer's output, or that of the elementwise layers after it, goes through relu or leakyRelu. */
function isRectified(spec: ModelSpec, [own, ...rest]: readonly LayerSpec[]): boolean {
  if (own === undefined) return false;
  const { activation = "linear" } = own;
  if (activation !== "linear") return activation === "relu" || activation === "leakyRelu";
  const [next] = rest;
  return next !== undefined && typeOf(spec, next).elementwise === true && isRectified(spec, rest);
}

function parseLayer(value: Json, at: string, types: LayerTypes): LayerSpec {
  if (!isJsonObject(value)) throw new Error(`${at}: must be an object`);
  const { type } = value;
  const found = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined;
  if (typeof type !== "string" || found === undefined)
    throw new Error(`${at}: unknown layer ${JSON.stringify(type)} (known: ${Object.keys(types).join(", ")})`);
  const validate = validator(found);
  if (!validate(value))
    throw new Error(`${at} (${type}): ${ajv.errorsText(validate.errors, { dataVar: "", separator: "; " })}`);
  for (const list of found.nested ?? []) {
    const inner = value[list];
    if (Array.isArray(inner))
      for (const [i, layer] of (inner as readonly Json[]).entries())
        parseLayer(layer, `${at}.${list}[${i}]`, types);
  }
  return value;
}

// By `require`, as all CommonJS that steps start with (`engine/backends/load.ts`).
const { Ajv2020 } = createRequire(import.meta.url)("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
// The schemas are ours: holding them against the schema of schemas would take longer than all of their use.
const ajv = new Ajv2020({ allErrors: true, meta: false, validateSchema: false });
const validators = new WeakMap<LayerType, ValidateFunction<LayerSpec>>();

/** Compiled once a type. */
function validator(type: LayerType): ValidateFunction<LayerSpec> {
  const known = validators.get(type);
  if (known !== undefined) return known;
  const compiled = ajv.compile<LayerSpec>({
    type: "object",
    properties: { type: {}, ...type.options },
    required: type.required ?? [],
    additionalProperties: false,
  });
  validators.set(type, compiled);
  return compiled;
}
