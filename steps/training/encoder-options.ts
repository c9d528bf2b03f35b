import type { Json, JsonObject } from "../../runner/step-api.js";

/** An encoder as pipelines write it. */
export type EncoderOptions = {
  /** `conv`, `mlp`, `layers`, or the name of an encoder that the kind of training brings. */
  readonly kind: string;
  /** Of conv: filters of each convolution. */
  readonly channels: readonly number[];
  readonly kernel: number;
  /** Of conv: one a convolution. */
  readonly strides: readonly number[];
  /** Of conv: how the last convolution's map becomes a vector. */
  readonly pool: "flatten" | "mean";
  /** Of conv: a last dense layer of so many features; 0: none. */
  readonly width: number;
  /** Of mlp: units of each layer; the last ones are the features. */
  readonly hidden: readonly number[];
  /** Of conv and mlp: batch norm before each relu, in place of biases; it is there if this is left out. */
  readonly batchNorm?: boolean;
  /** Of layers: the layer list itself, as in model.json. */
  readonly layers: readonly Json[];
};

/** An encoder that a kind of training brings, and pipelines name by `encoder.kind`. */
export interface EncoderType {
  /** In words. */
  readonly summary: string;
  /** Options of its own, as JSON Schemas with defaults. */
  readonly options?: JsonObject;
  /** Its layers, for images of this shape; the last one puts out a vector. */
  layers(
    options: JsonObject,
    image: readonly [height: number, width: number, channels: number],
  ): readonly { readonly type: string; readonly [option: string]: Json | undefined }[];
}

/** `own`: encoders beside vistas's. */
export function encoderSchema(own: Readonly<Record<string, EncoderType>> = {}): JsonObject {
  const options: Record<string, Json> = { ...properties };
  for (const [name, encoder] of Object.entries(own)) {
    if (KINDS.includes(name)) throw new TypeError(`vistas has an encoder '${name}'; give yours another name`);
    for (const [option, schema] of Object.entries(encoder.options ?? {})) {
      if (option in options)
        throw new TypeError(`the option '${option}' of the encoder '${name}' belongs to another; rename it`);
      options[option] = schema;
    }
  }
  const more = Object.entries(own).map(([name, { summary }]) => `; ${name}: ${summary}`);
  return {
    type: "object",
    description: "What turns an image into features: the part that is probed.",
    default: {},
    additionalProperties: false,
    properties: {
      ...options,
      kind: {
        enum: [...KINDS, ...Object.keys(own)],
        default: "conv",
        description: `conv: convolutions, then a dense layer; mlp: dense layers; layers: a layer list of your own${more.join("")}.`,
      },
    },
  };
}

const KINDS: readonly string[] = ["conv", "mlp", "layers"];

const properties: JsonObject = {
  kind: {},
  channels: sizes([16, 32, 64], "conv: filters of each convolution."),
  kernel: { type: "integer", minimum: 1, default: 3, description: "conv: side of the square kernels." },
  strides: sizes([2, 2, 2], "conv: one a convolution."),
  pool: {
    enum: ["flatten", "mean"],
    default: "flatten",
    description: "conv: keep each place of the last map, or take its mean.",
  },
  width: {
    type: "integer",
    minimum: 0,
    default: 128,
    description: "conv: features, the units of a last dense layer; 0: no such layer.",
  },
  hidden: sizes([512, 256], "mlp: units of each layer; the last are the features."),
  batchNorm: {
    type: "boolean",
    default: true,
    description: "conv, mlp: batch norm before each relu; false: biases in its place.",
  },
  layers: {
    type: "array",
    items: { type: "object" },
    default: [],
    description: "layers: the list, see docs/layers.md.",
  },
};

/** The schema of a list of layer sizes. */
export function sizes(fallback: readonly number[], description: string): JsonObject {
  return {
    type: "array",
    items: { type: "integer", minimum: 1, maximum: 65536 },
    minItems: 1,
    default: fallback,
    description,
  };
}
