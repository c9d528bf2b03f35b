import { createRequire } from "node:module";
import type { ValidateFunction } from "ajv/dist/2020.js";
import type { Json, JsonObject } from "../../runner/step-api.js";
import { isJsonObject } from "../formats/json.js";

/**
 * Layers as data: what generators and encoders are made of, written in model.json. Images are NHWC without the
 * batch axis, [H, W, C]; vectors are [n]. `activation` (default linear) follows the layer's own arithmetic.
 */
export type LayerSpec =
  | {
      readonly type: "dense";
      readonly units: number;
      readonly bias?: boolean;
      readonly activation?: Activation;
    }
  | ({ readonly type: "conv2d" } & ConvSpec)
  /** The gradient of conv2d with respect to its input; `same`: out = in * strides, `valid`: (in - 1) * strides + kernel. */
  | ({ readonly type: "conv2dTranspose" } & ConvSpec)
  /** Ioffe & Szegedy 2015, over the last axis; at inference (x - mean) / sqrt(variance + epsilon) * gamma + beta. */
  | { readonly type: "batchNorm"; readonly epsilon?: number; readonly activation?: Activation }
  /** Each pixel becomes a square of `factor` x `factor`. */
  | { readonly type: "upsample"; readonly factor: number }
  | { readonly type: "maxPool"; readonly size: number; readonly strides?: number }
  /** Mean over the image's axes: [H, W, C] -> [C]. */
  | { readonly type: "globalAveragePool" }
  | { readonly type: "reshape"; readonly shape: readonly number[] }
  | { readonly type: "flatten" }
  | { readonly type: "activation"; readonly activation: Activation };

/** leakyRelu has slope 0.2 below zero, as in DCGAN (Radford et al. 2016). */
export type Activation = "linear" | "relu" | "leakyRelu" | "tanh" | "sigmoid";

export type ConvSpec = {
  readonly filters: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Default 1. */
  readonly strides?: number;
  /** As in TensorFlow; default same. */
  readonly padding?: "same" | "valid";
  readonly bias?: boolean;
  readonly activation?: Activation;
};

/** A chain of layers; the shape of its input stands beside it, in model.json. */
export type ModelSpec = {
  readonly layers: readonly LayerSpec[];
};

/** Checks a layer list from a file. Throws with the layer's place: `layers[3]: unknown layer "lstm" (known: ...)`. */
export function parseModelSpec(value: Json | undefined, name: string): ModelSpec {
  const layers = isJsonObject(value) ? value["layers"] : undefined;
  if (!Array.isArray(layers) || layers.length === 0)
    throw new Error(`${name}: 'layers' must be a list of layers`);
  return {
    layers: (layers as readonly Json[]).map((layer, i) => parseLayer(layer, `${name}: layers[${i}]`)),
  };
}

function parseLayer(value: Json, at: string): LayerSpec {
  if (!isJsonObject(value)) throw new Error(`${at}: must be an object`);
  const type = value["type"];
  const options =
    typeof type === "string" && Object.hasOwn(layerOptions, type) ? layerOptions[type] : undefined;
  if (typeof type !== "string" || options === undefined)
    throw new Error(
      `${at}: unknown layer ${JSON.stringify(type)} (known: ${Object.keys(layerOptions).join(", ")})`,
    );
  const validate = validator(type, options);
  if (!validate(value))
    throw new Error(`${at} (${type}): ${ajv.errorsText(validate.errors, { dataVar: "", separator: "; " })}`);
  return value;
}

// By `require`, as all CommonJS that steps start with (`engine/backends/load.ts`).
const { Ajv2020 } = createRequire(import.meta.url)("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
// The schemas below are ours: holding them against the schema of schemas would take longer than all of their use.
const ajv = new Ajv2020({ allErrors: true, meta: false, validateSchema: false });

/** Compiled once a type: `addSchema` keeps it under the type's name. */
function validator(type: string, options: LayerOptions): ValidateFunction<LayerSpec> {
  if (ajv.getSchema(type) === undefined)
    ajv.addSchema(
      {
        type: "object",
        properties: { type: {}, ...options.properties },
        required: options.required,
        additionalProperties: false,
      },
      type,
    );
  return ajv.getSchema<LayerSpec>(type) as ValidateFunction<LayerSpec>;
}

const whole: JsonObject = { type: "integer", minimum: 1, maximum: 65536 };
const activation: JsonObject = { enum: ["linear", "relu", "leakyRelu", "tanh", "sigmoid"] };
const bias: JsonObject = { type: "boolean" };
const conv: LayerOptions = {
  properties: {
    filters: whole,
    kernel: whole,
    strides: whole,
    padding: { enum: ["same", "valid"] },
    bias,
    activation,
  },
  required: ["filters", "kernel"],
};

interface LayerOptions {
  readonly properties: JsonObject;
  readonly required: readonly string[];
}

const layerOptions: Readonly<Record<string, LayerOptions>> = {
  dense: { properties: { units: whole, bias, activation }, required: ["units"] },
  conv2d: conv,
  conv2dTranspose: conv,
  batchNorm: { properties: { epsilon: { type: "number", exclusiveMinimum: 0 }, activation }, required: [] },
  upsample: { properties: { factor: whole }, required: ["factor"] },
  maxPool: { properties: { size: whole, strides: whole }, required: ["size"] },
  globalAveragePool: { properties: {}, required: [] },
  reshape: {
    properties: { shape: { type: "array", items: whole, minItems: 1, maxItems: 3 } },
    required: ["shape"],
  },
  flatten: { properties: {}, required: [] },
  activation: { properties: { activation }, required: ["activation"] },
};
