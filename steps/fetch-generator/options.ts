import type { JsonSchema } from "../../runner/step-api.js";
import type { ImageLayout, Prior } from "../lib/generator-card.js";

export interface FetchGeneratorOptions {
  readonly source: string | readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
  readonly latent?: { readonly dim?: number; readonly prior?: Prior };
  readonly image?: {
    readonly shape?: readonly [number, number, number];
    readonly range?: readonly [number, number];
    readonly layout?: ImageLayout;
  };
  readonly output?: string;
  readonly maxBytes: number;
}

export const schema: JsonSchema = {
  type: "object",
  properties: {
    source: {
      description:
        "where to get it, or a list tried in order: a folder, https:, npm:NAME@VERSION/path, apt:PACKAGE/path, s3://, hf://",
      anyOf: [
        { type: "string", minLength: 1 },
        { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
      ],
    },
    sha256: {
      type: "object",
      description:
        "SHA-256 of each decompressed file by name; the files tell the format: one ONNX file; TensorFlow.js's model.json and its weights; or model.safetensors and model.json, which vistas writes",
      additionalProperties: { type: "string", pattern: "^[0-9a-fA-F]{64}$" },
      minProperties: 1,
    },
    latent: {
      type: "object",
      description: "ONNX, TensorFlow.js: what G takes",
      properties: {
        dim: {
          type: "integer",
          minimum: 1,
          maximum: 1048576,
          description: "numbers of z; default: what the model says",
        },
        prior: {
          enum: ["normal", "truncatedNormal"],
          description: "what z was drawn from in training: N(0, 1) (the default), or N(0, 1) cut off at +-2",
        },
      },
      additionalProperties: false,
    },
    image: {
      type: "object",
      description: "ONNX, TensorFlow.js: what G puts out",
      properties: {
        shape: {
          type: "array",
          items: { type: "integer", minimum: 1, maximum: 65536 },
          minItems: 3,
          maxItems: 3,
          description:
            "[height, width, channels]; default: as the model puts it out, which a flat output does not tell",
        },
        range: {
          type: "array",
          items: { type: "number" },
          minItems: 2,
          maxItems: 2,
          description:
            "the values of black and white; default: [-1, 1] if the model ends in tanh, [0, 1] if in a sigmoid",
        },
        layout: {
          enum: ["channels-first", "channels-last"],
          description:
            "order of the axes; default: told by which axis is 1 or 3, else the custom of the format",
        },
      },
      additionalProperties: false,
    },
    output: { type: "string", description: "the output that is the image, where the model has several" },
    maxBytes: {
      type: "integer",
      minimum: 1,
      maximum: 4294967295,
      default: 2147483648,
      description: "the most bytes that a download or an unpacked file may have",
    },
  },
  required: ["source", "sha256"],
  additionalProperties: false,
};
