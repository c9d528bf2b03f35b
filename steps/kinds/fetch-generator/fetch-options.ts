import type { JsonSchema } from "../../../runner/step-api.js";
import { type ImageLayout, LABEL_FORMS, type LabelForm } from "../../foreign/foreign-model.js";
import { type Prior, PRIORS } from "../../nn/latents.js";

export interface FetchGeneratorOptions {
  readonly source: string | readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
  readonly latent?: {
    readonly dim?: number;
    readonly shape?: readonly number[];
    readonly prior?: Prior;
    readonly range?: readonly [low: number, high: number];
  };
  /** Names, or how many there are. */
  readonly classes?: readonly string[] | number;
  readonly inputs?: InputOptions;
  readonly image?: {
    readonly shape?: readonly [number, number, number];
    readonly range?: readonly [number, number];
    readonly layout?: ImageLayout;
  };
  readonly output?: string;
  readonly maxBytes: number;
}

/** Which of the model's inputs is what, by name. */
export interface InputOptions {
  readonly latent?: string;
  readonly label?: string | { readonly name?: string; readonly form?: LabelForm };
  readonly constants?: Readonly<Record<string, number>>;
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
        "SHA-256 of each decompressed file by name; the files tell the format: an ONNX file, with the files that its weights lie in; TensorFlow.js's model.json and its weights; or model.safetensors and model.json, which vistas writes",
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
        shape: {
          type: "array",
          items: { type: "integer", minimum: 1, maximum: 1048576 },
          minItems: 1,
          maxItems: 7,
          description: "the sizes of one z, where the model leaves several open: [channels, height, width]",
        },
        prior: {
          enum: [...PRIORS],
          description:
            "what each number of z was drawn from in training: N(0, 1) (the default); N(0, 1) cut off at +-2; or uniform between the ends of range",
        },
        range: {
          type: "array",
          items: { type: "number" },
          minItems: 2,
          maxItems: 2,
          description: "prior: uniform: its ends; default: [-1, 1]",
        },
      },
      additionalProperties: false,
    },
    classes: {
      description:
        "class-conditional ONNX and TensorFlow.js models: the names of the classes in the model's order, or how many there are",
      anyOf: [
        {
          type: "array",
          items: { type: "string", minLength: 1 },
          minItems: 1,
          maxItems: 65536,
          uniqueItems: true,
        },
        { type: "integer", minimum: 1, maximum: 65536 },
      ],
    },
    inputs: {
      type: "object",
      description:
        "ONNX, TensorFlow.js models with several inputs: which is what, where their names and types do not say it",
      properties: {
        latent: { type: "string", description: "the input that takes z" },
        label: {
          description: "the input that takes the class",
          anyOf: [
            { type: "string" },
            {
              type: "object",
              properties: {
                name: { type: "string", description: "its name; not for form: joined" },
                form: {
                  enum: [...LABEL_FORMS],
                  description:
                    "one-hot: a vector with a number for each class; index: the class's number; joined: one-hot, behind z in one input. Default: told by the input's type and shape",
                },
              },
              additionalProperties: false,
            },
          ],
        },
        constants: {
          type: "object",
          additionalProperties: { type: "number" },
          description:
            "further inputs by name, and the number that each is always filled with: { psi: 0.7, noise: 0 }",
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
            "the values of black and white; default: as the model's last operators tell it (tanh, sigmoid, a clip)",
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
